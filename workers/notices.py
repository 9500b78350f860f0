"""Handlers that tell people of what has happened. A job stands for one event, so its id says which occasion it was."""

from collections.abc import Awaitable, Callable
from datetime import date

from app.communications import service
from app.core.clock import Period
from app.payments.values import QuerySide
from workers.jobs import JobContext, handler

QUEUE = "notifications"


async def _tell(context: JobContext, tell: Callable[..., Awaitable[None]], **known: object) -> None:
    async with context.transaction(final=True) as session:
        await tell(session, context.id("subject"), now=context.tools.clock.now(), **known)


async def _tell_each_time(context: JobContext, tell: Callable[..., Awaitable[None]], **known: object) -> None:
    """What may happen to one subject again and again."""
    await _tell(context, tell, occasion=str(context.job.id), **known)


def _period(context: JobContext) -> Period:
    start, end = (date.fromisoformat(context.payload[name]) for name in ("period_from", "period_until"))
    return Period(start, end)


@handler("communications.notify_statements", queue=QUEUE)
async def notify_statements(context: JobContext) -> None:
    await _tell(context, service.notify_statements)


@handler("communications.notify_arrangement", queue=QUEUE)
async def notify_arrangement(context: JobContext) -> None:
    await _tell(context, service.notify_arrangement)


@handler("communications.notify_late_run", queue=QUEUE)
async def notify_late_run(context: JobContext) -> None:
    await _tell(context, service.notify_late_run, because=context.payload["because"])


@handler("communications.notify_offers", queue=QUEUE)
async def notify_offers(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_offers, practices=context.payload["practices"])


@handler("communications.notify_sign_ups", queue=QUEUE)
async def notify_sign_ups(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_sign_ups, practices=context.payload["practices"])


@handler("communications.notify_offers_due", queue=QUEUE)
async def notify_offers_due(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_offers_due, practices=context.payload["practices"])


@handler("communications.notify_claims_due", queue=QUEUE)
async def notify_claims_due(context: JobContext) -> None:
    closes_on = date.fromisoformat(context.payload["closes_on"])
    practices = context.payload["practices"]
    await _tell(context, service.notify_claims_due, practices=practices, period=_period(context), closes_on=closes_on)


@handler("communications.notify_claims_prepared", queue=QUEUE)
async def notify_claims_prepared(context: JobContext) -> None:
    practices = context.payload["practices"]
    await _tell_each_time(context, service.notify_claims_prepared, practices=practices, period=_period(context))


@handler("communications.notify_sessions_due", queue=QUEUE)
async def notify_sessions_due(context: JobContext) -> None:
    practices, measure = context.payload["practices"], context.payload["measure"]
    await _tell(context, service.notify_sessions_due, practices=practices, measure=measure, month=_period(context))


@handler("communications.notify_claim", queue=QUEUE)
async def notify_claim(context: JobContext) -> None:
    await _tell(context, service.notify_claim, step=context.payload["step"])


@handler("communications.notify_consultation", queue=QUEUE)
async def notify_consultation(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_consultation, n=context.payload["n"])


@handler("communications.notify_comment", queue=QUEUE)
async def notify_comment(context: JobContext) -> None:
    await _tell(context, service.notify_comment)


@handler("communications.notify_comment_answer", queue=QUEUE)
async def notify_comment_answer(context: JobContext) -> None:
    await _tell(context, service.notify_comment_answer)


@handler("communications.notify_issue", queue=QUEUE)
async def notify_issue(context: JobContext) -> None:
    await _tell(context, service.notify_issue)


@handler("communications.notify_answer", queue=QUEUE)
async def notify_answer(context: JobContext) -> None:
    response, closes = context.payload["response"], context.payload["closes"]
    await _tell(context, service.notify_answer, occasion=response, is_closed=closes)


@handler("communications.notify_query", queue=QUEUE)
async def notify_query(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_query)


@handler("communications.notify_query_shared", queue=QUEUE)
async def notify_query_shared(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_query_shared)


@handler("communications.notify_query_message", queue=QUEUE)
async def notify_query_message(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_query_message, side=QuerySide(context.payload["side"]))


@handler("communications.notify_correction", queue=QUEUE)
async def notify_correction(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_correction)


@handler("communications.notify_correction_refused", queue=QUEUE)
async def notify_correction_refused(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_correction_refused, proposed_by=context.id("proposed_by"))


@handler("communications.notify_correction_corrected", queue=QUEUE)
async def notify_correction_corrected(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_correction_corrected)


@handler("communications.notify_query_answer", queue=QUEUE)
async def notify_query_answer(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_query_answer)


@handler("communications.notify_query_overdue", queue=QUEUE)
async def notify_query_overdue(context: JobContext) -> None:
    await _tell_each_time(context, service.notify_query_overdue)


@handler("communications.notify_locked_link", queue=QUEUE)
async def notify_locked_link(context: JobContext) -> None:
    await _tell(context, service.notify_locked_link)


@handler("communications.notify_money_role", queue=QUEUE)
async def notify_money_role(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.notify_money_role(
            session,
            context.payload["subject"],
            role=context.payload["role"],
            person_id=context.id("person_id"),
            now=context.tools.clock.now(),
        )
