"""HTTP of a practice's page of today."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from app.communications import service
from app.communications.router.root import router
from app.communications.schemas import today as today_schemas
from app.communications.values import (
    ExpectedMoney,
    Today,
)
from app.core.auth import require
from app.core.clock import PeriodModel
from app.core.db import Transaction
from app.core.http import CodeInAddress, Serving
from app.core.money import format_pounds
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations.errors import PracticeNotFound


@router.get("/v1/practices/{code}/today", responses=error_responses(PracticeNotFound))
async def get_practice_today(
    code: CodeInAddress, caller: Annotated[Principal, require("practices:read")], session: Transaction, serving: Serving
) -> today_schemas.Today:
    """What matters to a practice today, in one small answer with an ETag: for an intranet page, a phone, the practice.

    `todo` is for the practice's own people: offers and issues to answer, periods to claim for, what is to be acknowledged.
    `money` is for them and for those who read statements; `expected` is what the scheme would pay for this quarter as things
    stand, with evidence that is still to be confirmed.
    """
    return _today(await service.practice_today(session, caller, code, now=serving.clock.now()))


def _today(found: Today) -> today_schemas.Today:
    return today_schemas.Today(
        todo=_each(found.todo, today_schemas.Task.model_validate),
        money=_each(found.money, _expected),
        named_lead=today_schemas.Lead(name=found.named_lead[0], post=found.named_lead[1]) if found.named_lead else None,
        news=_each(
            found.news,
            lambda item: today_schemas.NewsItem.model_validate(asdict(item) | {"href": f"/v1/announcements/{item.id}"}),
        ),
        issues=_each(
            found.issues,
            lambda item: today_schemas.IssueItem.model_validate(asdict(item) | {"href": f"/v1/issues/{item.id}"}),
        ),
        meetings=_each(
            found.meetings,
            lambda item: today_schemas.MeetingItem.model_validate(asdict(item) | {"href": f"/v1/meetings/{item.id}"}),
        ),
    )


def _each(found: Sequence[Any] | None, shape: Callable[[Any], Any]) -> list[Any] | None:
    return None if found is None else [shape(item) for item in found]


def _expected(item: ExpectedMoney) -> today_schemas.Expected:
    return today_schemas.Expected(
        scheme=item.scheme,
        title=item.title,
        period=PeriodModel.of(item.period),
        expected=None if item.expected is None else format_pounds(item.expected),
        pay_by=item.pay_by,
        sentence=item.sentence,
    )
