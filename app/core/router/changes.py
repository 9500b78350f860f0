"""The change feed."""

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from app.core import records
from app.core.auth import require
from app.core.clock import Instant
from app.core.db import Transaction, Tx
from app.core.errors import CursorExpired, FieldError, InvalidRequest
from app.core.events import EventRow, Resource, feed_resources
from app.core.http import PageModel, Services, Serving
from app.core.pagination import PageParams, link_header
from app.core.principal import Principal
from app.core.router.root import router


class Change(BaseModel):
    """One change: fetch `href` for what it is now, or drop it when `removed`."""

    kind: str
    id: str
    href: str
    removed: bool
    number: int
    at: Instant


class ChangePage(PageModel):
    data: list[Change]
    next_cursor: str  # pyright: ignore - narrower than in other lists, which have an end
    has_more: bool


class ChangeParams(PageParams):
    kinds: str | None = Field(
        default=None, description="Only these kinds, with commas between; default: all that the caller may read."
    )


_END = 1_000_000_000
"""A position after every event of a number."""


@router.get("/v1/changes")
async def list_changes(
    params: Annotated[ChangeParams, Query()],
    caller: Annotated[Principal, require("changes:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> ChangePage:
    """What has changed since the cursor, in an order that never skips a late commit.

    Without a cursor: from now on (fetch your first copy, then follow). A cursor older than the feed keeps (90 days), or
    from before a restore, gives 410 `cursor.expired`: fetch everything again and start without a cursor.

    The feed has no end, so `next_cursor` is never null: keep it and ask again later. `has_more` says whether to ask at
    once, and only then there is a `Link`. `count=exact` counts what comes after the cursor.
    """
    resources = feed_resources()
    kinds = _wanted_kinds(params.kinds, resources, caller)
    # Read before the rows: everything up to this number is committed, so a page that is not full has shown all of it.
    current = await records.get_change_number(session)
    start = _decoded(serving, params.cursor) if params.cursor is not None else (current, _END)
    total = await records.count_changes(session, kinds, after=start) if params.count == "exact" else None
    rows = await records.list_changes(session, kinds, after=start, limit=params.limit + 1)
    await _refuse_gap(session, start, current)
    shown, has_more = rows[: params.limit], len(rows) > params.limit
    last = (shown[-1].change_number, shown[-1].position) if shown else start
    number, position = last if has_more else max(last, (current, _END))
    cursor = serving.cursors.encode("changes", {"number": number, "position": position})
    if has_more:
        response.headers["Link"] = link_header(request.url, cursor)
    data = [_change(row, resources[row.resource or ""]) for row in shown]
    return ChangePage(data=data, next_cursor=cursor, has_more=has_more, total=total)


def _wanted_kinds(text_: str | None, resources: dict[str, Resource], caller: Principal) -> list[str]:
    visible = [kind for kind, resource in resources.items() if caller.has(resource.scope)]
    if text_ is None:
        return visible
    wanted = set(text_.split(","))
    if wanted - resources.keys():
        known = FieldError("?kinds", "unknown_kind", f"Known kinds: {', '.join(resources)}.")
        raise InvalidRequest("The feed has no such kind.", errors=[known])
    return [kind for kind in visible if kind in wanted]


def _decoded(serving: Services, cursor: str) -> tuple[int, int]:
    values = serving.cursors.decode("changes", cursor)
    return values["number"], values["position"]


async def _refuse_gap(session: Tx, start: tuple[int, int], current: int) -> None:
    """Raise when events after `start` are gone. Looked at after the rows are read: they may go meanwhile."""
    oldest = await records.find_oldest_change(session)
    if oldest is None:
        oldest = current + 1
    number, position = start
    # A cursor in the middle of a number also needs what is left of that number.
    if oldest > number + (position == _END):
        raise CursorExpired("The feed no longer reaches back to this cursor; fetch everything again.")


def _change(row: EventRow, resource: Resource) -> Change:
    return Change(
        kind=resource.kind,
        id=row.subject,
        href=resource.href.format(row.subject),
        removed=row.removed,
        number=row.change_number,
        at=row.occurred_at,
    )
