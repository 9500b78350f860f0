"""Handlers that post to Microsoft Teams."""

from datetime import timedelta

import structlog

from app.communications import service
from app.communications.adapters.teams import TeamsCarrier
from app.communications.ports import Outcome
from app.core.outside import OutsideClient
from workers.jobs import JobContext, handler

log = structlog.get_logger("plenary.worker")
# Teams cannot be asked whether it has a card: after a lost answer, or a worker that ended, it is posted once more, and then
# not again.
MOST_DOUBTFUL_TRIES = 2


class TeamsSilent(Exception):
    """No answer to a card, or none that is one."""


@handler("communications.spread_to_teams", queue="bulk")
async def spread_to_teams(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.spread_to_teams(session, context.id("subject"))


@handler(service.POST_TO_TEAMS, queue="bulk", retry_on=(TeamsSilent,))
async def post_to_teams(context: JobContext) -> None:
    """Post one card to one channel, and note whether the channel still takes cards."""
    async with context.transaction() as session:
        card = await service.write_card(
            session, context.tools.secrets, context.id("announcement"), context.id("channel")
        )
    if card is None:
        return
    if context.job.losses > MOST_DOUBTFUL_TRIES:
        log.warning("card_in_doubt", losses=context.job.losses)
        return
    async with context.transaction() as session:
        wait = await service.wait_for_room(session)
    if wait is None:
        outcome = await _post(context, card)
        async with context.transaction() as session:
            await service.record_card(session, context.id("channel"), outcome, now=context.tools.clock.now())
        if outcome.state == "in_doubt" and context.job.attempts < MOST_DOUBTFUL_TRIES:
            raise TeamsSilent(outcome.detail or outcome.state)
        if outcome.state != "failed_temporary":
            return
        wait = outcome.retry_after or timedelta(minutes=1)
    async with context.transaction() as session:
        may_wait = await service.post_card_later(session, context.payload, wait)
    if not may_wait:
        raise TeamsSilent("Teams has not taken the card, as often as it was tried")


async def _post(context: JobContext, card: service.Card) -> Outcome:
    async with OutsideClient(context.tools.settings.own_networks) as client:
        carrier = TeamsCarrier(client, card.urls, sender=card.sender, clock=context.tools.clock)
        [outcome] = [outcome async for outcome in carrier.send([card.message])]
    return outcome
