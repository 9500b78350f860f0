"""The change feed."""

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from app.core import changes, records
from app.core.auth import require
from app.core.changes import ChangeSights, Seen
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
    """What has changed since the cursor of all that the caller may see, in an order that never skips a late commit.

    Without a cursor: from now on (take the cursor first, then fetch your first copy, then follow). A cursor older than the
    feed keeps (90 days), from before a restore, or from before the caller's reach changed (another role, a practice that
    joined or left a locality) gives 410 `cursor.expired`: start again without a cursor and fetch everything.

    Drop what is `removed`, and what its `href` answers with 404.

    The feed has no end, so `next_cursor` is never null: keep it and ask again later. `has_more` says whether to ask at
    once, and only then there is a `Link`. `count=exact` counts what comes after the cursor.
    """
    resources = feed_resources()
    kinds = _wanted_kinds(params.kinds, resources)
    # Read before the rows: everything up to this number is committed, so a page that is not full has shown all of it.
    current = await records.get_change_number(session)
    seen = await _seen(session, caller, [resources[kind] for kind in kinds], serving)
    start = (current, _END) if params.cursor is None else _decoded(serving, params.cursor, changes.digests(kinds, seen))
    total = await records.count_changes(session, seen, after=start) if params.count == "exact" else None
    rows = await records.list_changes(session, seen, after=start, limit=params.limit + 1)
    await _refuse_gap(session, start, current)
    shown, has_more = rows[: params.limit], len(rows) > params.limit
    last = (shown[-1].change_number, shown[-1].position) if shown else start
    number, position = last if has_more else max(last, (current, _END))
    place = {"number": number, "position": position, "seen": changes.digests(kinds, seen)}
    cursor = serving.cursors.encode("changes", place)
    if has_more:
        response.headers["Link"] = link_header(request.url, cursor)
    data = [_change(row, resources[row.resource or ""]) for row in shown]
    return ChangePage(data=data, next_cursor=cursor, has_more=has_more, total=total)


def _wanted_kinds(text_: str | None, resources: dict[str, Resource]) -> list[str]:
    if text_ is None:
        return list(resources)
    wanted = set(text_.split(","))
    if wanted - resources.keys():
        known = FieldError("?kinds", "unknown_kind", f"Known kinds: {', '.join(resources)}.")
        raise InvalidRequest("The feed has no such kind.", errors=[known])
    return [kind for kind in resources if kind in wanted]


async def _seen(session: Tx, caller: Principal, wanted: list[Resource], serving: Services) -> Seen:
    sights, now = serving.part(ChangeSights).of, serving.clock.now()
    visible = [resource for resource in wanted if caller.has(resource.scope)]
    return {each.kind: await sights[each.kind](session, caller, now) if each.is_bounded else None for each in visible}


def _decoded(serving: Services, cursor: str, reach: dict[str, str]) -> tuple[int, int]:
    values = serving.cursors.decode("changes", cursor)
    # An earlier release kept nothing of the reach.
    if changes.has_moved(values.get("seen", {}), reach):
        raise CursorExpired("What you may see has changed since this cursor; fetch everything again.")
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
