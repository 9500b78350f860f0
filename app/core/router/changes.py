"""The change feed."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import text, tuple_
from sqlmodel import select

from app.core.auth import require
from app.core.clock import Instant
from app.core.db import Transaction
from app.core.errors import CursorExpired, CursorInvalid, FieldError, InvalidRequest
from app.core.events import EventRow, Resource, feed_resources
from app.core.http import Services, Serving
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.router.root import router


class Change(BaseModel):
    """One change: fetch `href` for what it is now, or drop it when `removed`."""

    kind: str
    id: str
    href: str
    removed: bool
    number: int
    at: Instant


class ChangePage(BaseModel):
    data: list[Change]
    next_cursor: str
    has_more: bool


class ChangeParams(BaseModel):
    model_config = {"extra": "forbid"}
    cursor: str | None = None
    kinds: Annotated[
        str | None, Query(description="Only these kinds, with commas between; default: all that the caller may read.")
    ] = None
    limit: Annotated[int, Query(ge=1, le=200)] = 50


_OLDEST = text("SELECT coalesce(min(change_number), 0) FROM event WHERE commissioner_id = :tenant")


@router.get("/v1/changes", responses=error_responses(CursorExpired, CursorInvalid))
async def list_changes(
    params: Annotated[ChangeParams, Query()],
    caller: Annotated[Principal, require("changes:read")],
    session: Transaction,
    serving: Serving,
) -> ChangePage:
    """What has changed since the cursor, in an order that never skips a late commit.

    Without a cursor: from now on (fetch your first copy, then follow). A cursor older than the feed keeps (90 days), or
    from before a restore, gives 410 `cursor.expired`: fetch everything again and start without a cursor.
    """
    resources = feed_resources()
    kinds = _wanted_kinds(params.kinds, resources, caller)
    number, position = await _start(session, serving, params.cursor)
    statement = (
        select(EventRow)
        .where(EventRow.commissioner_id == session.tenant, EventRow.resource.in_(kinds))  # pyright: ignore
        .where(_after(number, position))
        .order_by(EventRow.change_number, EventRow.position)  # pyright: ignore
        .limit(params.limit + 1)
    )
    rows = (await session.exec(statement)).all()
    shown = rows[: params.limit]
    last = (shown[-1].change_number, shown[-1].position) if shown else (number, position)
    cursor = serving.cursors.encode("changes", {"number": last[0], "position": last[1]})
    return ChangePage(
        data=[_change(row, resources[row.resource or ""]) for row in shown],
        next_cursor=cursor,
        has_more=len(rows) > params.limit,
    )


def _after(number: int, position: int) -> Any:
    return tuple_(EventRow.change_number, EventRow.position) > tuple_(number, position)


def _wanted_kinds(text_: str | None, resources: dict[str, Resource], caller: Principal) -> list[str]:
    visible = [kind for kind, resource in resources.items() if caller.has(resource.scope)]
    if text_ is None:
        return visible
    wanted = set(text_.split(","))
    if wanted - resources.keys():
        known = FieldError("?kinds", "unknown_kind", f"Known kinds: {', '.join(resources)}.")
        raise InvalidRequest("The feed has no such kind.", errors=[known])
    return [kind for kind in visible if kind in wanted]


async def _start(session: Any, serving: Services, cursor: str | None) -> tuple[int, int]:
    if cursor is not None:
        values = serving.cursors.decode("changes", cursor)
        oldest = (await session.exec(_OLDEST, params={"tenant": session.tenant})).scalar_one()
        if oldest and values["number"] + 1 < oldest:
            raise CursorExpired("The feed no longer reaches back to this cursor; fetch everything again.")
        return values["number"], values["position"]
    current = text("SELECT number FROM published.change_number WHERE commissioner_id = :tenant")
    number = (await session.exec(current, params={"tenant": session.tenant})).scalar_one_or_none()
    return number or 0, 1_000_000_000


def _change(row: EventRow, resource: Resource) -> Change:
    return Change(
        kind=resource.kind,
        id=row.subject,
        href=resource.href.format(row.subject),
        removed=row.removed,
        number=row.change_number,
        at=row.occurred_at,
    )
