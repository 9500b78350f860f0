"""Commissioners: the platform makes tenants and lists them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.etag import version_etag
from app.core.http import Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations import service
from app.organisations.errors import CommissionerExists, CommissionerNotFound
from app.organisations.repository import commissioners
from app.organisations.router.root import router
from app.organisations.schemas.commissioners import (
    Commissioner,
    CommissionerIn,
    CommissionerPage,
    CommissionerParams,
)
from app.organisations.values import CommissionerKind


@router.post("/v1/commissioners", status_code=201, responses=error_responses(CommissionerExists))
async def create_commissioner(
    body: CommissionerIn,
    caller: Annotated[Principal, require("commissioners:write")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Commissioner:
    """Make a tenant. Its practices are at once those that the register gives to its code."""
    row = await service.create_commissioner(
        session, code=body.code, name=body.name, kind=CommissionerKind(body.kind), now=serving.clock.now()
    )
    response.headers["Location"] = f"/v1/commissioners/{row.id}"
    response.headers["ETag"] = version_etag(row.version)
    return row  # pyright: ignore


@router.get("/v1/commissioners")
async def list_commissioners(
    params: Annotated[CommissionerParams, Query()],
    caller: Annotated[Principal, require("commissioners:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> CommissionerPage:
    """Every tenant, by code."""
    page = await commissioners.list_commissioners(session, params.kind, params=params, cursors=serving.cursors)
    return paged(request, response, page)


@router.get("/v1/commissioners/{commissioner}", responses=error_responses(CommissionerNotFound))
async def get_commissioner(
    commissioner: str,
    caller: Annotated[Principal, require("commissioners:read")],
    session: Transaction,
    response: Response,
) -> Commissioner:
    """One tenant, by its id or its code."""
    try:
        row = await commissioners.find_commissioner_row(session, commissioner_id=UUID(commissioner))
    except ValueError:
        row = await commissioners.find_commissioner_row(session, code=commissioner)
    if row is None:
        raise CommissionerNotFound
    response.headers["ETag"] = version_etag(row.version)
    return row  # pyright: ignore
