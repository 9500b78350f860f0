"""HTTP of what a practice was entitled to, as known at an earlier time."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.core.auth import require
from app.core.clock import PeriodModel, london_midnight
from app.core.db import Transaction
from app.core.http import Serving
from app.core.money import format_pounds
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.payments import service
from app.payments.errors import ClaimsNotLookedBack
from app.payments.router.root import router
from app.payments.schemas import looking_back
from app.payments.schemas.statements import Payee
from app.payments.values import StatementLine
from app.schemes.errors import SchemeNotFound


@router.get(
    "/v1/incentive-schemes/{scheme_id}/statement",
    responses=error_responses(SchemeNotFound, PracticeNotFound, ClaimsNotLookedBack),
)
async def get_statement_as_known(
    scheme_id: UUID,
    params: Annotated[looking_back.LookingBackParams, Query()],
    caller: Annotated[Principal, require("statements:own")],
    session: Transaction,
    serving: Serving,
) -> looking_back.StatementThen:
    """What a practice was entitled to for the periods up to a day, by what was recorded at the end of another, and what had
    been posted to it by then.

    Versions, agreements, facts, lists, posts, corrections and suppliers count as they were recorded then; when the practice
    was the commissioner's as it is known now. Lines are those that a run would have worked out then, to the byte, whatever was
    corrected since.
    """
    now, today = serving.clock.now(), serving.today()
    on, known_on = params.on or today, params.known_on or today
    # The last instant of the day; what is recorded later is not known yet.
    end = london_midnight(known_on + timedelta(days=1)) - timedelta(microseconds=1)
    practice = await organisations.require_reach(session, caller, "statements:own", params.practice, on=today)
    found = await service.statement_then(session, scheme_id, practice.code, on=on, known_at=min(end, now))
    return looking_back.StatementThen(
        scheme=scheme_id,
        practice=found.practice,
        on=on,
        known_on=known_on,
        entitled=format_pounds(found.entitled),
        posted=format_pounds(found.posted),
        difference=format_pounds(found.entitled - found.posted),
        periods=[_period(each) for each in found.periods],
    )


def _period(found: service.PeriodThen) -> looking_back.PeriodThen:
    return looking_back.PeriodThen(
        period=PeriodModel.of(found.period),
        version=found.version,
        entitled=format_pounds(found.entitled),
        corrected=format_pounds(found.corrected),
        posted=format_pounds(found.posted),
        lines=[_line(line) for line in found.lines],
    )


def _line(line: StatementLine) -> looking_back.LineThen:
    words = line.explain()
    return looking_back.LineThen(
        component=line.component,
        quantity=line.quantity,
        rate=line.rate,
        amount=format_pounds(line.amount),
        payee=Payee(type=line.payee.type, code=line.payee.code, name=None),
        sentence=words.sentence,
        workings=words.workings,
        blocked=line.blocked,
    )
