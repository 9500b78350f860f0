"""Which way a batch leaves, how much of it may go now, and what has to be asked before it is sent again."""

import random
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.communications.ports import Carrier, LookUpFailed, Mailer, Outcome, Outgoing
from app.communications.repository import carrying as rows
from app.communications.repository.allowances import take_allowances
from app.communications.repository.channels import ProviderRepository
from app.communications.repository.sending import Noted, Waiting
from app.communications.rules.allowance import Limits
from app.communications.rules.notify import NotifyKey
from app.communications.rules.trying import wait_before
from app.communications.service.breaking import tell_of_fault
from app.communications.service.providers import open_key
from app.communications.service.suppressing import suppressed_among
from app.communications.tables import MessageProvider
from app.communications.values import (
    NOTHING_IS_SENT,
    NOTIFY_PER_DAY,
    NOTIFY_PER_MINUTE,
    AttemptOutcome,
    Browser,
    Channel,
    DeliveryState,
    ProviderKind,
)
from app.core.db import Tx
from app.core.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class Way:
    """How a channel's messages leave. `allowances`: whose limits they come under, all of them. `key` and
    `template` are those of GOV.UK Notify; without them it is the installation's mail server. To browsers messages go without
    a provider of the commissioner's: `browsers` by person.
    """

    channel: Channel
    provider: ProviderKind | None
    allowances: tuple[tuple[str, Limits], ...] = ()
    key: NotifyKey | None = field(default=None, repr=False)
    template: UUID | None = None
    browsers: Mapping[str, Sequence[Browser]] = field(default_factory=dict, repr=False)


async def find_way(
    session: Tx, box: SecretBox, channel: Channel, *, mail_rate: int | None, by: str | None = None
) -> Way | None:
    """None where nothing leaves by that channel. `mail_rate` is what the installation's mail server takes a minute. `by`: the
    provider that a batch has to take.
    """
    providers = {row.kind: row for row in await ProviderRepository(session, session.tenant).list(order=_BY_KIND)}
    notify = providers.get(ProviderKind.NOTIFY)
    may_notify = notify is not None and notify.is_active and template_for(notify, channel) is not None
    if notify is not None and may_notify and by != ProviderKind.MAIL:
        return by_notify(box, notify, channel)
    mail = providers.get(ProviderKind.MAIL)
    if channel is not Channel.EMAIL or (mail is not None and not mail.is_active):
        return None
    return by_mail(session.tenant, mail, mail_rate=mail_rate)


def template_for(notify: MessageProvider, channel: Channel) -> UUID | None:
    return notify.text_template if channel is Channel.TEXT else notify.email_template


def by_notify(box: SecretBox, row: MessageProvider, channel: Channel) -> Way:
    limits = Limits(row.rate_per_minute or NOTIFY_PER_MINUTE, _or(row.daily_limit, NOTIFY_PER_DAY))
    # The limits are those of the service, whatever the channel; for its days Notify counts each apart.
    allowances = ((f"notify:{row.commissioner_id}:{channel}", limits),)
    return Way(channel, ProviderKind.NOTIFY, allowances, open_key(box, row), template_for(row, channel))


def by_mail(tenant: UUID, row: MessageProvider | None, *, mail_rate: int | None) -> Way:
    """The installation's mail server; `row` is what the commissioner set up of it, if anything."""
    own = Limits(row.rate_per_minute, row.daily_limit) if row else Limits()
    wanted = ((f"mail:{tenant}", own), ("mail", Limits(mail_rate)))
    allowances = tuple((key, limits) for key, limits in wanted if limits != Limits())
    return Way(Channel.EMAIL, ProviderKind.MAIL, allowances)


async def find_channel(session: Tx, batch: UUID) -> Channel:
    """By which way a batch goes. One that nothing is left of goes by any."""
    found = await rows.find_channel(session, batch)
    return Channel(found) if found else Channel.EMAIL


async def can_text(session: Tx) -> bool:
    """Whether the commissioner sends text messages."""
    return await ProviderRepository(session, session.tenant).can_text()


_BY_KIND: Final = (MessageProvider.kind,)
# What is about the provider or the moment, and not about one recipient.
_FAILURES: Final = frozenset({AttemptOutcome.FAILED_TEMPORARY, AttemptOutcome.IN_DOUBT})


def _or(given: int | None, default: int) -> int:
    return default if given is None else given


@dataclass(frozen=True, slots=True)
class Picked:
    """What of a batch goes now, what may have arrived first; `pause` is how long the rest waits, where it has to."""

    now: list[Waiting]
    pause: timedelta | None


async def suppress_waiting(session: Tx, batch: UUID) -> None:
    """Take out of a batch what goes to an address that nothing is sent to since it was made, however it is written."""
    addresses = await rows.list_addresses(session, batch)
    await rows.suppress(session, batch, await suppressed_among(session, addresses), detail=NOTHING_IS_SENT)


async def pick(session: Tx, waiting: Sequence[Waiting], way: Way, mailer: Mailer) -> Picked:
    """What may be sent now. A message that may have arrived waits until its provider can say whether it has; the rest as
    long as the limits say.
    """
    settle = settle_of(mailer)
    doubtful = [each.id for each in waiting if each.doubts]
    unsettled = await rows.list_unsettled(session, doubtful, settle) if settle and doubtful else {}
    ready = sorted((each for each in waiting if each.id not in unsettled), key=lambda each: each.doubts == 0)
    pauses = list(unsettled.values())
    if not ready or not way.allowances:
        return Picked(ready, max(pauses, default=None))
    grant = await take_allowances(session, way.allowances, wanted=len(ready))
    pauses += [grant.wait] if grant.wait else []
    return Picked(ready[: grant.messages], max(pauses, default=None))


def settle_of(mailer: Mailer) -> timedelta | None:
    return mailer.settle if isinstance(mailer, Carrier) else None


class AskingFirst:
    """A carrier that is asked what it knows of the doubtful ones before they are sent again."""

    is_repeatable = False

    def __init__(self, carrier: Carrier, doubtful: Collection[UUID]) -> None:
        self._carrier = carrier
        self._doubtful = frozenset(doubtful)

    async def send(self, messages: Sequence[Outgoing]) -> AsyncGenerator[Outcome, None]:
        """As `Mailer.send`; the doubtful ones come first."""
        fresh = [message for message in messages if message.delivery_id not in self._doubtful]
        for message in messages[: len(messages) - len(fresh)]:
            yield await self._ask_and_send(message)
        async with aclosing(self._carrier.send(fresh)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def _ask_and_send(self, message: Outgoing) -> Outcome:
        try:
            known = await self._carrier.look_up([message.delivery_id])
        except LookUpFailed as error:
            return Outcome(message.delivery_id, "in_doubt", f"could not be looked up: {error}")
        if message.delivery_id in known:
            return known[message.delivery_id]
        async with aclosing(self._carrier.send([message])) as outcomes:
            return await anext(outcomes)


def mailer_that_asks(mailer: Mailer, picked: Sequence[Waiting]) -> Mailer:
    """The mailer itself, or one that asks first, where its provider can be asked."""
    doubtful = [each.id for each in picked if each.doubts]
    if not isinstance(mailer, Carrier) or mailer.settle is None or not doubtful:
        return mailer
    return AskingFirst(mailer, doubtful)


async def record_way(session: Tx, way: Way, notes: Sequence[Noted], *, now: datetime) -> None:
    """What the provider refuses us for, for the office to see and be told; or that it takes messages again."""
    if way.provider is None:
        return
    repository = ProviderRepository(session, session.tenant)
    faults = [note.detail or "" for note in notes if note.is_fault]
    failures = [note.detail for note in notes if note.outcome in _FAILURES and note.detail]
    if any(note.state is DeliveryState.SENT for note in notes):
        await repository.record_success(way.provider, at=now)
    elif faults:
        if await repository.record_fault(way.provider, faults[-1], at=now):
            await tell_of_fault(session, way.provider, faults[-1], now=now)
        return
    if failures:
        await repository.record_error(way.provider, failures[-1], at=now)


def wait_for_rest(notes: Sequence[Noted], pause: timedelta | None, *, attempts: int) -> timedelta:
    """How long what is left of a batch waits: as providers ask for it, as the limits and open questions need, and after a
    failed try longer each time. A little more by chance, so that batches that were stopped together do not come back so.
    """
    asked = [note.retry_after for note in notes if note.retry_after]
    failed = any(note.state is DeliveryState.QUEUED for note in notes)
    own = [wait_before(attempts)] if failed or pause is None else []
    waits: list[timedelta] = [*asked, *own, *([pause] if pause else [])]
    return max(waits) * random.uniform(1.0, 1.1)  # noqa: S311 - jitter, not a secret
