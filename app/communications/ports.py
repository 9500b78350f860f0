"""What communications needs from outside: somebody who takes messages and says what became of each."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID

DeliveryState = Literal["sent", "failed_permanent", "failed_temporary", "in_doubt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one recipient. `to` is an address, a number, the id of a Teams channel, or that of a person whose
    browsers are meant, as the channel has it; `link` is where the message is read whole.

    `message_id` is `<delivery-id@domain>` and stays the same at every try, so that a receiver can drop a second copy.
    `headers` are ASCII and structured (List-Unsubscribe, Reply-To, Auto-Submitted); those the mailer writes itself
    are refused.
    """

    delivery_id: UUID
    message_id: str
    to: str
    to_name: str | None
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. `detail` is a code and a short text for an operator, without any address.

    `failed_permanent` is about this message or mailbox; a fault of ours or of the server is `failed_temporary`.
    `in_doubt`: the server was given the whole message and did not answer, so it may or may not have been taken.
    `reference` is the provider's name for the message, by which it will say more; `retry_after` how long it asks to be
    left alone. `is_gone`: the recipient itself is refused for good, not this message alone. `is_fault`: somebody has to
    put our side right first (a key, an address of a channel); further messages by this way were not tried.
    `gone`: the browsers of the recipient that are no more.
    """

    delivery_id: UUID
    state: DeliveryState
    detail: str | None = None
    reference: str | None = None
    retry_after: timedelta | None = None
    is_gone: bool = False
    is_fault: bool = False
    gone: tuple[UUID, ...] = ()


class Mailer(Protocol):
    @property
    def is_repeatable(self) -> bool:
        """Whether sending the same delivery again changes nothing, so that what was sent may be recorded later."""
        ...

    def send(self, messages: Sequence[Outgoing]) -> AsyncGenerator[Outcome, None]:
        """One outcome for each message, in order. A message is sent only when its outcome is asked for:

            async with aclosing(mailer.send(batch)) as outcomes:
                async for outcome in outcomes:
                    await record(outcome)

        so that at any moment at most one message has been sent and not recorded. Never raises for a message or a
        server.
        """
        ...


@runtime_checkable
class Carrier(Mailer, Protocol):
    """A `Mailer` that may be asked what became of a message. One for each provider and sending; not only for mail."""

    @property
    def settle(self) -> timedelta | None:
        """How long after a message whose answer was lost the provider can say for certain whether it has it: our
        time-out and its own longest delay. Nothing is looked up and sent again before. None: it cannot be asked.
        """
        ...

    async def look_up(self, deliveries: Collection[UUID]) -> Mapping[UUID, Outcome]:
        """What the provider knows of these; one that is missing from the answer never arrived there, so that sending
        it again is safe. Raises `LookUpFailed` when the provider gave no usable answer.
        """
        ...


class LookUpFailed(Exception):
    """The provider could not be asked now. Nothing is known of any message, so none may be sent again yet."""
