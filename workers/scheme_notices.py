"""Handlers that tell practices of offers, claims and sessions that wait for them."""

from datetime import date

from app.communications import service
from app.core.clock import Period
from workers.jobs import JobContext, handler

QUEUE = "notifications"


@handler("communications.notify_offers_due", queue=QUEUE)
async def notify_offers_due(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.notify_offers_due(
            session,
            context.id("subject"),
            context.payload["practices"],
            occasion=str(context.job.id),
            now=context.tools.clock.now(),
        )


@handler("communications.notify_claims_due", queue=QUEUE)
async def notify_claims_due(context: JobContext) -> None:
    days = [date.fromisoformat(context.payload[name]) for name in ("period_from", "period_until", "closes_on")]
    async with context.transaction(final=True) as session:
        await service.notify_claims_due(
            session,
            context.id("subject"),
            context.payload["practices"],
            period=Period(days[0], days[1]),
            closes_on=days[2],
            now=context.tools.clock.now(),
        )


@handler("communications.notify_claims_prepared", queue=QUEUE)
async def notify_claims_prepared(context: JobContext) -> None:
    start, end = (date.fromisoformat(context.payload[name]) for name in ("period_from", "period_until"))
    async with context.transaction(final=True) as session:
        await service.notify_claims_prepared(
            session,
            context.id("subject"),
            context.payload["practices"],
            period=Period(start, end),
            occasion=str(context.job.id),
            now=context.tools.clock.now(),
        )


@handler("communications.notify_sessions_due", queue=QUEUE)
async def notify_sessions_due(context: JobContext) -> None:
    start, end = (date.fromisoformat(context.payload[name]) for name in ("period_from", "period_until"))
    async with context.transaction(final=True) as session:
        await service.notify_sessions_due(
            session,
            context.id("subject"),
            context.payload["practices"],
            measure=context.payload["measure"],
            month=Period(start, end),
            now=context.tools.clock.now(),
        )


@handler("communications.notify_claim", queue=QUEUE)
async def notify_claim(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.notify_claim(
            session, context.id("subject"), step=context.payload["step"], now=context.tools.clock.now()
        )
