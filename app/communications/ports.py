"""What communications needs from outside: somebody who takes messages and says what became of each."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

DeliveryState = Literal["sent", "failed_permanent", "failed_temporary", "in_doubt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one mailbox.

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. `detail` is a code and a short text for an operator, without any address.

    `failed_permanent` is about this message or mailbox; a fault of ours or of the server is `failed_temporary`.
    `in_doubt`: the server was given the whole message and did not answer, so it may or may not have been taken.
    """

    delivery_id: UUID
    state: DeliveryState
    detail: str | None = None


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
