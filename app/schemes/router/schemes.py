"""HTTP of schemes themselves."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MayMatch, MustMatch, Serving, paged
from app.core.money import parse_pounds
from app.core.principal import Principal
from app.core.problems import error_responses
from app.schemes import service
from app.schemes.errors import BudgetMissing, SchemeClosed, SchemeCodeTaken, SchemeNotFound
from app.schemes.repository.schemes import SchemeRepository
from app.schemes.router.answers import scheme_answer
from app.schemes.router.root import drafts_seen, router, visible_scheme
from app.schemes.schemas.scheme import Scheme, SchemeIn, SchemePage, SchemeParams, SchemePatch
from app.schemes.tables import SchemeRow


@router.post("/v1/incentive-schemes", status_code=201, responses=error_responses(SchemeCodeTaken, BudgetMissing))
async def create_incentive_scheme(
    body: SchemeIn,
    caller: Annotated[Principal, require("schemes:write")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Scheme:
    """Draft a scheme. Its rules are added as versions; it can be offered once a version is published."""
    row = await service.create_scheme(
        session,
        code=body.code,
        title=body.title,
        purpose=body.purpose,
        financial_year=body.financial_year,
        budget=body.budget.budget() if body.budget else None,
        payment_terms_days=body.payment_terms_days,
        pay_code=body.pay_code,
        cost_centre=body.cost_centre,
        query_days=body.query_days,
        over_budget=body.over_budget,
        waive_below=None if body.waive_below is None else parse_pounds(body.waive_below),
        now=serving.clock.now(),
    )
    response.headers["Location"] = f"/v1/incentive-schemes/{row.id}"
    return _single(row, response)


@router.get("/v1/incentive-schemes")
async def list_incentive_schemes(
    params: Annotated[SchemeParams, Query()],
    caller: Annotated[Principal, require("schemes:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> SchemePage:
    """Schemes, oldest first. Drafts are shown to the office and the auditor, and those put to
    consultation to the LMC.
    """
    page = await SchemeRepository(session, session.tenant).list_visible(
        drafts=drafts_seen(caller),
        state=params.state,
        financial_year=params.financial_year,
        params=params,
        cursors=serving.cursors,
    )
    return paged(request, response, page.map(scheme_answer))


@router.get("/v1/incentive-schemes/{scheme_id}", responses=error_responses(SchemeNotFound))
async def get_incentive_scheme(
    scheme_id: UUID, caller: Annotated[Principal, require("schemes:read")], session: Transaction, response: Response
) -> Scheme:
    """One scheme, with the number of the version that is live."""
    return _single(await visible_scheme(session, scheme_id, caller), response)


@router.patch(
    "/v1/incentive-schemes/{scheme_id}",
    responses=error_responses(SchemeNotFound, BudgetMissing, PreconditionFailed, PreconditionRequired),
)
async def change_incentive_scheme(
    scheme_id: UUID,
    body: SchemePatch,
    caller: Annotated[Principal, require("schemes:write")],
    session: Transaction,
    expected: MustMatch,
    response: Response,
) -> Scheme:
    """Change title, purpose, budget or terms. Absent members stay; the rules change by a new version only."""
    return _single(await service.change_scheme(session, scheme_id, body.changes(), expected=expected), response)


@router.post(
    "/v1/incentive-schemes/{scheme_id}/close",
    responses=error_responses(SchemeNotFound, SchemeClosed, PreconditionFailed),
)
async def close_incentive_scheme(
    scheme_id: UUID,
    caller: Annotated[Principal, require("schemes:write")],
    session: Transaction,
    expected: MayMatch,
    response: Response,
) -> Scheme:
    """No more offers and versions. Late facts, claims, payments and adjustments for its periods go on, and what they need of the
    scheme, such as its budget, may change.
    """
    return _single(await service.close_scheme(session, scheme_id, expected=expected), response)


def _single(row: SchemeRow, response: Response) -> Scheme:
    response.headers["ETag"] = version_etag(row.version)
    return scheme_answer(row)
