"""Localities, and which practice is in which of them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.clock import Period
from app.core.db import Transaction, Tx
from app.core.errors import NotThereYet, PreconditionFailed, PreconditionRequired
from app.core.etag import bytes_etag, version_etag
from app.core.http import CodeInAddress, MayMatch, MustMatch, Services, Serving, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.read import json_bytes
from app.organisations import service
from app.organisations.errors import (
    LocalityExists,
    LocalityNotFound,
    OverlappingMembership,
    PlacementNotFound,
    PracticeNotFound,
)
from app.organisations.repository.localities import LocalityMembershipRepository, LocalityRepository
from app.organisations.router.root import router
from app.organisations.schemas.localities import (
    Locality,
    LocalityIn,
    LocalityPage,
    LocalityPatch,
    Placement,
    PlacementIn,
    PlacementPage,
    PlacementParams,
)
from app.organisations.tables import LocalityMembership
from app.organisations.values import LocalityRef

Directory = Annotated[Principal, require("practices:read")]
Keeper = Annotated[Principal, require("practices:write")]


@router.post("/v1/localities", status_code=201, response_model=Locality, responses=error_responses(LocalityExists))
async def create_locality(body: LocalityIn, caller: Keeper, session: Transaction, serving: Serving) -> Response:
    """Make a locality; practices are put into it one by one, or by importing a file of kind `localities`."""
    row = await service.create_locality(session, code=body.code, name=body.name, description=body.description)
    answer = await _answer(session, serving, row.id, status=201)
    answer.headers["Location"] = f"/v1/localities/{row.id}"
    return answer


@router.get("/v1/localities")
async def list_localities(
    params: Annotated[PageParams, Query()],
    caller: Directory,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> LocalityPage:
    """The commissioner's localities by code, with how many open practices and registered patients each has today."""
    today = serving.today()
    localities = LocalityRepository(session, session.tenant)
    page = await localities.list_counted(today, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(lambda row: Locality.model_validate(_shape(row))))


@router.get("/v1/localities/{locality_id}", response_model=Locality, responses=error_responses(LocalityNotFound))
async def get_locality(locality_id: UUID, caller: Directory, session: Transaction, serving: Serving) -> Response:
    """One locality, with how many open practices and registered patients it has today."""
    return await _answer(session, serving, locality_id)


@router.patch(
    "/v1/localities/{locality_id}",
    response_model=Locality,
    responses=error_responses(LocalityNotFound, LocalityExists, PreconditionFailed, PreconditionRequired),
)
async def change_locality(
    locality_id: UUID, body: LocalityPatch, caller: Keeper, session: Transaction, serving: Serving, expected: MustMatch
) -> Response:
    """Change the code, the name or the description. A new name shows on the locality's practices at once."""
    row = await LocalityRepository(session, session.tenant).get(locality_id, for_update=True)
    # The answer holds more than the row, so its version alone would not say what the caller has seen.
    expected.check_tag((await _answer(session, serving, locality_id)).headers["ETag"])
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    await service.change_locality(session, row, changes, now=serving.clock.now())
    return await _answer(session, serving, locality_id)


async def _answer(session: Tx, serving: Services, locality_id: UUID, *, status: int = 200) -> Response:
    localities = LocalityRepository(session, session.tenant)
    row = await localities.get_counted(locality_id, today=serving.today())
    body = json_bytes(_shape(row))
    return Response(body, status_code=status, media_type="application/json", headers={"ETag": bytes_etag(body)})


def _shape(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "description": row.description,
        "practice_count": row.practice_count,
        "registered_patients": row.registered_patients,
    }


@router.get(
    "/v1/localities/{locality_id}/practices",
    responses=error_responses(LocalityNotFound),
)
async def list_locality_practices(
    locality_id: UUID,
    params: Annotated[PlacementParams, Query()],
    caller: Directory,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> PlacementPage:
    """Which practices are and were in the locality, with dates, in the order in which it was recorded."""
    locality = await service.get_locality(session, locality_id)
    memberships = LocalityMembershipRepository(session, session.tenant)
    page = await memberships.list_of(locality_id, as_at=params.as_at, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(lambda row: _placement(locality, row)))


@router.get(
    "/v1/localities/{locality_id}/practices/{code}", responses=error_responses(LocalityNotFound, PlacementNotFound)
)
async def get_locality_practice(
    locality_id: UUID, code: str, caller: Directory, session: Transaction, serving: Serving, response: Response
) -> Placement:
    """Since when and until when the practice is in the locality: its time of today, or else the last one."""
    locality = await service.get_locality(session, locality_id)
    memberships = LocalityMembershipRepository(session, session.tenant)
    row = await memberships.get_latest(locality_id, code, today=serving.today())
    response.headers["ETag"] = version_etag(row.version)
    return _placement(locality, row)


@router.put(
    "/v1/localities/{locality_id}/practices/{code}",
    responses=error_responses(
        LocalityNotFound, PracticeNotFound, OverlappingMembership, PreconditionFailed, NotThereYet
    )
    | {201: {"model": Placement, "description": "The practice was not in the locality during that time before."}},
)
async def place_practice(
    locality_id: UUID,
    code: CodeInAddress,
    body: PlacementIn,
    caller: Keeper,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> Placement:
    """Put the practice into the locality for a period, or correct the period.

    A practice is in one locality at a time: end its time in the other one first. What the period overlaps in the same
    locality is replaced by it. The same call again changes nothing.
    """
    row, is_new = await service.place_practice(
        session,
        locality_id,
        code,
        Period(body.valid_from, body.valid_until),
        expected=expected,
        now=serving.clock.now(),
    )
    # The row's version is raised when it is written, and the answer names it.
    await session.flush()
    if is_new:
        response.status_code = 201
    response.headers["ETag"] = version_etag(row.version)
    return _placement(await service.get_locality(session, locality_id), row)


def _placement(locality: LocalityRef, row: LocalityMembership) -> Placement:
    return Placement.model_validate(
        {
            "locality": {"id": locality.id, "name": locality.name},
            "practice": row.practice,
            "from": row.valid_from,
            "until": row.valid_until,
        }
    )
