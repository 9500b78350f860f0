"""Trying a way out: one message to one address, of which nothing is kept but what the provider said."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.communications.errors import AddressSuppressed, NotAnAddress, ProviderNotFound, ProviderWithoutTemplate
from app.communications.events import ProviderTestRequested, TeamsTestRequested
from app.communications.ports import Outcome, Outgoing
from app.communications.repository.allowances import take_allowances
from app.communications.repository.channels import ProviderRepository
from app.communications.repository.teams import TeamsChannelRepository
from app.communications.rules.allowance import Limits
from app.communications.rules.numbers import mobile_number, text_body
from app.communications.service.carrying import Way, by_mail, by_notify, template_for
from app.communications.service.suppressing import suppressed_among
from app.communications.service.teams import Card, open_channel, record_card, wait_for_room
from app.communications.values import Channel, ProviderKind, Tested
from app.core.addresses import check_address
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.core.operations import OperationRow, get_operation, record_progress, start_operation, succeed
from app.core.secrets import SecretBox
from app.organisations import service as organisations

SUBJECT: Final = "A test from Plenary"
WORDS: Final = (
    "This is a test of how messages leave. Nobody has to do anything. It was asked for by the office of {office}."
)
# Enough to set a provider up by; too little to mail strangers by. Counted for all providers of a commissioner together.
TEST_LIMITS: Final = Limits(per_minute=5, per_day=50)
_HEADERS: Final = {"Auto-Submitted": "auto-generated"}
_CUT_OFF: Final = Tested("in_doubt", "the worker ended in the middle of it: it may have arrived; try again")


@dataclass(frozen=True, slots=True)
class Trial:
    """One message to be handed over, and the way by which."""

    operation: UUID
    way: Way
    message: Outgoing


async def request_provider_test(session: Tx, box: SecretBox, kind: ProviderKind, to: str) -> OperationRow:
    """Of a provider that is turned off too: that is the time to try it. The installation's mail server needs no setting
    up. The address is kept sealed, until the message has gone.
    """
    address, channel = _recipient(kind, to)
    row = await ProviderRepository(session, session.tenant).find_kind(kind)
    if row is None and kind is not ProviderKind.MAIL:
        raise ProviderNotFound
    if row is not None and kind is ProviderKind.NOTIFY and template_for(row, channel) is None:
        raise ProviderWithoutTemplate
    if await suppressed_among(session, [address]):
        raise AddressSuppressed
    operation = await start_operation(
        session, "communications.provider_test", result={"provider": kind.value, "channel": channel.value}
    )
    sealed = box.seal(address.encode(), context=_context(operation.id))
    emit(session, ProviderTestRequested(subject=kind.value, operation=str(operation.id), to=sealed))
    audit(session, "message_provider.tested", kind.value, channel=channel.value)
    return operation


def _recipient(kind: ProviderKind, to: str) -> tuple[str, Channel]:
    number = mobile_number(to)
    if number is not None and kind is ProviderKind.NOTIFY:
        return number, Channel.TEXT
    try:
        return check_address(to), Channel.EMAIL
    except ValueError as error:
        wanted = "an e-mail address" if kind is ProviderKind.MAIL else "an e-mail address or a UK mobile number"
        raise NotAnAddress(errors=[FieldError("/to", "not_an_address", f"This has to be {wanted}.")]) from error


def _context(operation: UUID) -> str:
    return f"provider_test:{operation}"


async def request_teams_test(session: Tx, channel_id: UUID) -> OperationRow:
    """Of a broken channel too: a card that arrives makes it whole."""
    await TeamsChannelRepository(session, session.tenant).get(channel_id)
    operation = await start_operation(session, "communications.teams_test", result={"teams_channel": str(channel_id)})
    emit(session, TeamsTestRequested(subject=str(channel_id), operation=str(operation.id)))
    audit(session, "teams_channel.tested", channel_id)
    return operation


async def take_provider_test(
    session: Tx, box: SecretBox, kind: ProviderKind, payload: dict[str, Any], *, mail_rate: int | None, domain: str
) -> Trial | None:
    """What is to be handed over now; None when there is nothing, and the operation says why. Taken once: a test whose
    worker died in the middle is not sent again.
    """
    operation = UUID(payload["operation"])
    if not await begin_once(session, operation):
        return None
    address = box.open(payload["to"], context=_context(operation)).decode()
    _, channel = _recipient(kind, address)
    row = await ProviderRepository(session, session.tenant).find_kind(kind)
    if kind is ProviderKind.MAIL:
        way = by_mail(session.tenant, row, mail_rate=mail_rate)
    elif row is not None and template_for(row, channel) is not None:
        way = by_notify(box, row, channel)
    else:
        await finish(session, operation, Tested("not_tried", "the provider was changed meanwhile"))
        return None
    limits = (*way.allowances, (f"test:{session.tenant}", TEST_LIMITS))
    grant = await take_allowances(session, limits, wanted=1)
    if not grant.messages:
        waits = f"the limits leave room again in {max(1, round(grant.wait.total_seconds()))} seconds"
        await finish(session, operation, Tested("not_tried", waits))
        return None
    return Trial(operation, way, await _message(session, operation, channel, address, domain=domain))


async def _message(session: Tx, operation: UUID, channel: Channel, address: str, *, domain: str) -> Outgoing:
    text = WORDS.format(office=(await organisations.get_commissioner(session)).name)
    return Outgoing(
        delivery_id=operation,
        message_id=f"<{operation}@{domain}>",
        to=address,
        to_name=None,
        subject=SUBJECT,
        text=text_body(SUBJECT, text) if channel is Channel.TEXT else text,
        headers=_HEADERS if channel is Channel.EMAIL else {},
    )


async def record_provider_test(session: Tx, trial: Trial, outcome: Outcome, *, took: float, now: datetime) -> None:
    """`took` in seconds. A message that was taken ends the provider's fault; a refusal is the answer to whoever asked."""
    if outcome.state == "sent" and trial.way.provider is not None:
        await ProviderRepository(session, session.tenant).record_success(trial.way.provider, at=now)
    await finish(session, trial.operation, tested(outcome, took))


async def take_teams_test(session: Tx, box: SecretBox, channel_id: UUID, operation: UUID) -> Card | None:
    """As `take_provider_test`."""
    if not await begin_once(session, operation):
        return None
    channel = await TeamsChannelRepository(session, session.tenant).find_id(channel_id)
    if channel is None:
        await finish(session, operation, Tested("not_tried", "the channel was deleted meanwhile"))
        return None
    wait = await wait_for_room(session)
    if wait is not None:
        await finish(session, operation, Tested("not_tried", f"there is room again in {wait.seconds + 1} seconds"))
        return None
    office = (await organisations.get_commissioner(session)).name
    message = Outgoing(
        delivery_id=operation,
        message_id=f"<{operation}@teams>",
        to=str(channel_id),
        to_name=None,
        subject=SUBJECT,
        text=WORDS.format(office=office),
    )
    return Card(message, office, {str(channel_id): open_channel(box, channel)})


async def record_teams_test(
    session: Tx, channel_id: UUID, operation: UUID, outcome: Outcome, *, took: float, now: datetime
) -> None:
    if outcome.state == "sent":
        await record_card(session, channel_id, outcome, now=now)
    await finish(session, operation, tested(outcome, took))


async def begin_once(session: Tx, operation: UUID) -> bool:
    """Whether it is to be tried now. One that was begun before is at an end."""
    status = (await get_operation(session, operation)).status
    if status == "running":
        await finish(session, operation, _CUT_OFF)
    if status != "queued":
        return False
    await record_progress(session, operation, done=0, total=1)
    return True


async def give_up_trial(session: Tx, operation: UUID) -> None:
    """Whoever asked hears that nothing more comes of it: its job waits for whoever runs the installation."""
    if await begin_once(session, operation):
        await finish(session, operation, Tested("not_tried", "a fault of the service, which its operators look at"))


async def finish(session: Tx, operation: UUID, tested: Tested) -> None:
    row = await get_operation(session, operation)
    await succeed(session, operation, result={**(row.result or {}), **asdict(tested)}, total=1)


def tested(outcome: Outcome, took: float) -> Tested:
    return Tested(outcome.state, outcome.detail, round(took * 1000), outcome.reference, outcome.is_fault)
