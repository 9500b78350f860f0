"""Handlers that hand over one message because somebody asked: to try a way out, or for a code."""

import time
from uuid import UUID

from app.communications import service
from app.communications.adapters.chosen import carrier_for, message_domain
from app.communications.adapters.teams import TeamsCarrier
from app.communications.errors import NoRoomYet
from app.communications.ports import Mailer, Outcome, Outgoing
from app.communications.values import ProviderKind
from app.core.db import Tx
from app.core.outside import OutsideClient
from workers.jobs import ATTEMPTS, JobContext, Parked, handler

# Somebody waits for the answer.
QUEUE = "notifications"


async def _give_up(session: Tx, parked: Parked) -> None:
    await service.give_up_trial(session, UUID(parked.job.payload["operation"]))


@handler("communications.test_provider", queue=QUEUE, on_parked=_give_up)
async def test_provider(context: JobContext) -> None:
    """Hand over one message by the provider's way, and note what it said and how long it took."""
    settings, clock, kind = context.tools.settings, context.tools.clock, ProviderKind(context.payload["subject"])
    async with context.transaction() as session:
        trial = await service.take_provider_test(
            session,
            context.tools.secrets,
            kind,
            context.payload,
            mail_rate=settings.mail_rate,
            domain=message_domain(settings),
        )
    if trial is None:
        return
    async with carrier_for(trial.way, settings, clock) as mailer:
        outcome, took = await _send(mailer, trial.message)
    async with context.transaction(final=True) as session:
        await service.record_provider_test(session, trial, outcome, took=took, now=clock.now())


@handler("communications.test_teams_channel", queue=QUEUE, on_parked=_give_up)
async def test_teams_channel(context: JobContext) -> None:
    """The same by one card to one channel."""
    settings, clock = context.tools.settings, context.tools.clock
    channel, operation = context.id("subject"), context.id("operation")
    async with context.transaction() as session:
        card = await service.take_teams_test(session, context.tools.secrets, channel, operation)
    if card is None:
        return
    async with OutsideClient(settings.own_networks) as client:
        outcome, took = await _send(TeamsCarrier(client, card.urls, sender=card.sender, clock=clock), card.message)
    async with context.transaction(final=True) as session:
        await service.record_teams_test(session, channel, operation, outcome, took=took, now=clock.now())


@handler("communications.send_mobile_code", queue=QUEUE, retry_on=(NoRoomYet,), on_parked=_give_up)
async def send_mobile_code(context: JobContext) -> None:
    """The same by one text, with the code that confirms a number."""
    settings, clock = context.tools.settings, context.tools.clock
    async with context.transaction() as session:
        trial = await service.take_mobile_code(
            session,
            context.tools.secrets,
            context.id("subject"),
            context.id("operation"),
            domain=message_domain(settings),
            may_wait=context.job.failures + 1 < ATTEMPTS,
            now=clock.now(),
        )
    if trial is None:
        return
    async with carrier_for(trial.way, settings, clock) as mailer:
        outcome, took = await _send(mailer, trial.message)
    async with context.transaction(final=True) as session:
        await service.record_mobile_code(session, trial, outcome, took=took, now=clock.now())


async def _send(mailer: Mailer, message: Outgoing) -> tuple[Outcome, float]:
    started = time.perf_counter()
    [outcome] = [outcome async for outcome in mailer.send([message])]
    return outcome, time.perf_counter() - started
