"""HTTP of facts and of the figure so far."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.calculation.errors import BrokenMonth
from app.core.auth import require
from app.core.clock import london_date
from app.core.db import Transaction
from app.core.errors import FieldError, InvalidRequest
from app.core.etag import version_etag
from app.core.http import Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.schemes import service
from app.schemes.errors import FactChanged, FactNotFound, FactsRefused, OwnPractice, SchemeNotFound
from app.schemes.repository.facts import FactRepository
from app.schemes.router.answers import entitlement_answer, fact_answer, facts_answer
from app.schemes.router.root import router, visible_scheme
from app.schemes.rules import claiming
from app.schemes.schemas.evidence import (
    ConfirmAnswer,
    ConfirmIn,
    EntitlementAnswer,
    EntitlementParams,
    FactPage,
    FactParams,
    FactsAnswer,
    FactsIn,
    SchemeFact,
)
from app.schemes.values import FactSource


@router.post(
    "/v1/incentive-schemes/{scheme_id}/facts",
    status_code=201,
    responses=error_responses(SchemeNotFound, FactsRefused, OwnPractice),
)
async def record_scheme_facts(
    scheme_id: UUID,
    body: FactsIn,
    caller: Annotated[Principal, require("facts:enter")],
    session: Transaction,
    serving: Serving,
) -> FactsAnswer:
    """Record evidence, many facts at once; all or none. A fact outside the time of the scheme's versions, of a measure that
    they do not read, or below zero where they only count is refused. The same facts again change nothing; a fact whose `external_id` is
    known and which says something else supersedes it.

    The office's facts are `confirmed` and are paid, so nobody records them for a practice where they hold a post. A
    practice's are `entered`: they move its live figure and wait for the office to confirm them.
    """
    now = serving.clock.now()
    is_office = caller.has("facts:write")
    scope = "facts:write" if is_office else "facts:enter"
    practices = {fact.practice for fact in body.facts}
    await organisations.require_reach_to(session, caller, scope, *practices, on=london_date(now))
    await visible_scheme(session, scheme_id, caller)
    done = await service.record_facts(
        session,
        scheme_id,
        [fact.entry() for fact in body.facts],
        confirmed=is_office,
        source=FactSource.OFFICE if is_office else FactSource.PRACTICE,
        recorded_by=caller.person_id,
        now=now,
    )
    return facts_answer(done)


@router.post(
    "/v1/incentive-schemes/{scheme_id}/facts/confirm",
    responses=error_responses(SchemeNotFound, FactsRefused, FactChanged, OwnPractice),
)
async def confirm_scheme_facts(
    scheme_id: UUID,
    body: ConfirmIn,
    caller: Annotated[Principal, require("facts:write")],
    session: Transaction,
    serving: Serving,
) -> ConfirmAnswer:
    """Confirm facts that practices entered, so that a run pays them; all or none.

    Name them by the `id` under which they were read: a fact that the practice has corrected since has another id, and is
    409 instead of confirmed unseen. `external_ids` confirm what the facts say by now.

    Not by somebody with a post at one of the practices.
    """
    now = serving.clock.now()
    reach = await organisations.reachable(session, caller, "facts:write", on=london_date(now))
    done = await service.confirm_facts(
        session, scheme_id, body.ids or body.external_ids or [], reach=reach, confirmed_by=caller.person_id, now=now
    )
    return ConfirmAnswer(confirmed=done.changed, unchanged=done.unchanged)


@router.get("/v1/incentive-schemes/{scheme_id}/facts", responses=error_responses(SchemeNotFound))
async def list_scheme_facts(
    scheme_id: UUID,
    params: Annotated[FactParams, Query()],
    caller: Annotated[Principal, require("facts:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> FactPage:
    """Current facts, in the order in which they were recorded. A practice sees its own."""
    await visible_scheme(session, scheme_id, caller)
    reach = await organisations.reachable(session, caller, "facts:read", on=serving.today())
    page = await FactRepository(session, session.tenant).list_page(
        scheme_id,
        reach=reach,
        practice=params.practice,
        measure=params.measure,
        state=params.state,
        params=params,
        cursors=serving.cursors,
    )
    return paged(request, response, page.map(fact_answer))


@router.get(
    "/v1/incentive-schemes/{scheme_id}/facts/{fact_id}", responses=error_responses(SchemeNotFound, FactNotFound)
)
async def get_scheme_fact(
    scheme_id: UUID,
    fact_id: UUID,
    caller: Annotated[Principal, require("facts:read")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> SchemeFact:
    """One fact, also one that a correction has superseded since."""
    await visible_scheme(session, scheme_id, caller)
    row = await FactRepository(session, session.tenant).get(fact_id)
    if row.scheme_id != scheme_id:
        raise FactNotFound
    await organisations.require_reach_to(session, caller, "facts:read", row.practice, on=serving.today())
    response.headers["ETag"] = version_etag(row.version)
    return fact_answer(row)


@router.get(
    "/v1/incentive-schemes/{scheme_id}/entitlement",
    responses=error_responses(SchemeNotFound, PracticeNotFound, BrokenMonth),
)
async def get_scheme_entitlement(
    scheme_id: UUID,
    params: Annotated[EntitlementParams, Query()],
    caller: Annotated[Principal, require("facts:read")],
    session: Transaction,
    serving: Serving,
) -> EntitlementAnswer:
    """May the practice claim for the period; where not, one code that says why; and its figure so far, line by line."""
    today = serving.today()
    period = claiming.read_period(params.period)
    if isinstance(period, str):
        raise InvalidRequest(errors=[FieldError("?period", "wrong_format", period)])
    await visible_scheme(session, scheme_id, caller)
    await organisations.require_reach(session, caller, "facts:read", params.practice, on=today)
    found = await service.entitlement(
        session, scheme_id, params.practice, period, may_declare=caller.has("claims:declare"), today=today
    )
    return entitlement_answer(found)
