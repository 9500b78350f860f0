"""A practice over time: its lists, and what it belonged to."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction, Tx
from app.core.http import CodeInAddress, Serving, paged
from app.core.money import plain
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.repository import Page
from app.organisations.errors import PracticeNotFound
from app.organisations.repository import histories
from app.organisations.router.root import router
from app.organisations.schemas.histories import HistoryEntry, HistoryPage, KnownParams, ListSizeOnDay, ListSizePage
from app.organisations.tables import RegisterListSize

Directory = Annotated[Principal, require("practices:read")]


@router.get("/v1/practices/{code}/list-sizes", responses=error_responses(PracticeNotFound))
async def list_practice_list_sizes(
    code: CodeInAddress,
    params: Annotated[KnownParams, Query()],
    caller: Directory,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> ListSizePage:
    """Every list that is known of the practice, newest first; with `known_on`, as it was known then."""
    await _require_visible(session, caller, code, today=serving.today())
    page = await histories.list_register_list_sizes(
        session, code, known_on=params.known_on, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(_list_size))


def _list_size(row: RegisterListSize) -> ListSizeOnDay:
    return ListSizeOnDay(
        as_at=row.as_at,
        registered=None if row.registered is None else plain(row.registered),
        weighted=None if row.weighted is None else plain(row.weighted),
        adjusted=None if row.adjusted is None else plain(row.adjusted),
        source=row.source,
        published_period=row.published_period,
        recorded_at=row.recorded_at,
    )


@router.get("/v1/practices/{code}/history", responses=error_responses(PracticeNotFound))
async def list_practice_history(
    code: CodeInAddress,
    params: Annotated[KnownParams, Query()],
    caller: Directory,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> HistoryPage:
    """What the practice belonged to and when, newest first: commissioners, networks, and localities of the caller's own
    commissioner.
    """
    await _require_visible(session, caller, code, today=serving.today())
    kind, known_on = f"history:{code}", params.known_on or serving.clock.now()
    after = _position(serving.cursors.decode(kind, params.cursor)) if params.cursor else None
    rows = await histories.list_history(session, code, known_on=known_on, limit=params.limit + 1, after=after)
    shown = rows[: params.limit]
    cursor = serving.cursors.encode(kind, _place(shown[-1])) if len(rows) > params.limit else None
    total = await histories.count_history(session, code, known_on=known_on) if params.count == "exact" else None
    page = Page([HistoryEntry.model_validate(dict(row)) for row in shown], cursor, total)
    return paged(request, response, page)


def _place(row: Any) -> dict[str, str]:
    return {"valid_from": row["valid_from"].isoformat(), "id": str(row["id"])}


def _position(values: dict[str, str]) -> dict[str, Any]:
    return {"valid_from": date.fromisoformat(values["valid_from"]), "id": UUID(values["id"])}


async def _require_visible(session: Tx, caller: Principal, code: str, *, today: date) -> None:
    tenant = None if caller.is_platform else session.tenant
    if not await histories.is_visible(session, code, tenant=tenant, today=today):
        raise PracticeNotFound
