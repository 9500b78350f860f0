"""Changes of practices: recording one, trying one out, and those that wait."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Query, Request, Response

from app.core.auth import require
from app.core.clock import london_date
from app.core.db import Transaction, Tx, unit_of_work
from app.core.errors import Forbidden, PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch, Services, Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations import errors, service
from app.organisations.ports import HandedDown
from app.organisations.repository.changes import PracticeChangeRepository, list_tenants_touched
from app.organisations.router.root import router
from app.organisations.schemas.changes import (
    MergeCommissioner,
    MovePractice,
    PracticeChange,
    PracticeChangeIn,
    PracticeChangePage,
    PracticeChangeParams,
)
from app.organisations.service import WantedChange
from app.organisations.tables import PracticeChange as PracticeChangeRow
from app.organisations.values import CommissionerKind, PracticeChangeKind, PracticeChangeRef

Reader = Annotated[Principal, require("practice_changes:read")]
Registrar = Annotated[Principal, require("practice_changes:write", platform=True)]
_REFUSALS = (
    Forbidden,
    errors.CommissionerNotFound,
    errors.LocalityNotFound,
    errors.NetworkNotFound,
    errors.NotAMember,
    errors.OverlappingMembership,
    errors.PracticeAlreadyClosed,
    errors.PracticeNotFound,
    errors.TakesOverLater,
)


@router.post(
    "/v1/practice-changes",
    status_code=201,
    responses=error_responses(*_REFUSALS)
    | {200: {"model": PracticeChange, "description": "A dry run: what it would touch."}},
)
async def record_practice_change(
    body: Annotated[PracticeChangeIn, Body()],
    caller: Registrar,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> PracticeChange:
    """Close a practice, merge it into another, move it, or bring all practices of a commissioner under another.

    `effective_on` is the first day on which the change holds. A day that has come is applied at once, a later one when
    it comes, if it still fits then. A commissioner changes its own members only, and none that is with another on that
    day, since, or later as the register knows it by now; `commissioner_merge` ends the caller's own commissioner, or
    any for the platform. With `dry_run` nothing is kept; the effects say what exists and would be touched, and nothing
    of it is deleted.
    """
    wanted, today = _wanted(body), london_date(serving.clock.now())
    await _require_right(session, caller, wanted)
    change = await service.plan_change(
        session, wanted, tenant=None if caller.is_platform else session.tenant, today=today
    )
    effects = await _effects(session, serving, caller, change)
    if body.dry_run:
        response.status_code = 200
        return _answer(_tried(wanted, effects))
    row = await service.record_change(session, wanted, change, effects=effects, now=serving.clock.now())
    # Written now, so that the version in the answer is the one that is kept.
    await session.flush()
    response.headers["Location"] = f"/v1/practice-changes/{row.id}"
    response.headers["ETag"] = version_etag(row.version)
    return _answer(row)


def _wanted(body: Any) -> WantedChange:
    kind, day = PracticeChangeKind(body.kind), body.effective_on
    if isinstance(body, MergeCommissioner):
        return WantedChange(
            kind=kind, effective_on=day, old_commissioner=body.commissioner, commissioner=body.successor
        )
    if isinstance(body, MovePractice):
        return WantedChange(
            kind=kind,
            effective_on=day,
            practice=body.practice,
            commissioner=body.commissioner,
            locality_id=body.locality_id,
            network=body.network,
        )
    return WantedChange(kind=kind, effective_on=day, practice=body.practice, successor=body.successor)


async def _require_right(session: Tx, caller: Principal, wanted: WantedChange) -> None:
    if caller.is_platform:
        return
    if wanted.old_commissioner not in (None, caller.commissioner_code):
        raise Forbidden("A commissioner can end itself only.")
    if (await service.get_commissioner(session)).kind == CommissionerKind.PLACE and not wanted.only_locality:
        raise Forbidden("A place does not keep the register; the practice's commissioner does.")


async def _effects(
    session: Tx, serving: Services, caller: Principal, change: PracticeChangeRef
) -> list[dict[str, Any]]:
    """Asked of every slice in every tenant that the caller may know of, each with the login that is bound to it."""
    touched = [(caller.commissioner_id, caller.commissioner_code)]
    if caller.is_platform:
        rows = await list_tenants_touched(session, change.practices, on=change.effective_on)
        touched = [(row.id, row.code) for row in rows]
    found: list[dict[str, Any]] = []
    for tenant, code in touched:
        async with unit_of_work(serving.app_engine, tenant) as own:
            for offered in serving.part(HandedDown).practice_change_effects:
                found += [{"commissioner": code, **asdict(effect)} for effect in await offered(own, change)]
    return found


def _tried(wanted: WantedChange, effects: list[dict[str, Any]]) -> dict[str, Any]:
    return asdict(wanted) | {
        "id": None, "created_at": None, "applied_at": None, "refused_at": None, "problem": None, "effects": effects
    }  # fmt: skip


def _answer(row: PracticeChangeRow | dict[str, Any]) -> PracticeChange:
    return PracticeChange.model_validate(row if isinstance(row, dict) else row.model_dump() | row.detail)


@router.get("/v1/practice-changes")
async def list_practice_changes(
    params: Annotated[PracticeChangeParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> PracticeChangePage:
    """The changes that the caller's commissioner, or the platform, has recorded, in the order in which it did."""
    recorded = PracticeChangeRepository(session, session.tenant)
    page = await recorded.list_page(state=params.state, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_answer))


@router.get("/v1/practice-changes/{change_id}", responses=error_responses(errors.PracticeChangeNotFound))
async def get_practice_change(
    change_id: UUID, caller: Reader, session: Transaction, response: Response
) -> PracticeChange:
    """One recorded change, and what it touched when it was recorded."""
    row = await PracticeChangeRepository(session, session.tenant).get(change_id)
    response.headers["ETag"] = version_etag(row.version)
    return _answer(row)


@router.delete(
    "/v1/practice-changes/{change_id}",
    status_code=204,
    responses=error_responses(
        errors.PracticeChangeNotFound, errors.PracticeChangeApplied, PreconditionFailed, PreconditionRequired
    ),
)
async def withdraw_practice_change(
    change_id: UUID, caller: Registrar, session: Transaction, expected: MustMatch
) -> None:
    """Take back a change whose day has not come, or which was refused on its day."""
    await service.withdraw_change(session, change_id, expected=expected)
