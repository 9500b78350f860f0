"""Practices: the list, one of them, its lists and its history."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import TransactionWhenNeeded
from app.core.errors import Forbidden
from app.core.http import CodeInAddress, Serving
from app.core.pagination import link_header, page_body
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.read import Read, Reading, ReadPages, json_bytes
from app.organisations.errors import PracticeNotFound
from app.organisations.repository import on_day, published, searching
from app.organisations.router.root import router
from app.organisations.schemas.practices import AsAtParams, Practice, PracticePage, PracticeParams

Directory = Annotated[Principal, require("practices:read")]


@router.get("/v1/practices", response_model=PracticePage, responses=error_responses(Forbidden))
async def list_practices(
    params: Annotated[PracticeParams, Query()],
    caller: Directory,
    read: ReadPages,
    open_session: TransactionWhenNeeded,
    request: Request,
    serving: Serving,
) -> Response:
    """Practices that are or were members of the commissioner; for the platform all of the register.

    With `as_at` each is shown as it was on that day: its state, commissioner, locality, network and list. What has no
    dates (name, address, profile) is shown as it is known now, and the named lead is left out.
    """
    if params.commissioner is not None and not caller.is_platform:
        raise Forbidden("Only the platform may ask for another commissioner's practices.")
    values = _values(params)
    if not _is_as_published(caller, params.as_at, read.today()):
        return await _page_of_day(params, values, caller, read, open_session, request, serving)
    filters = frozenset(published.FILTERS & values.keys())

    async def total() -> int:
        rows = await read.reader.rows(published.practices_count(filters), tenant=caller.commissioner_id, **values)
        return rows[0][0]

    query = published.practices_query(filters, params.sort, after=params.cursor is not None)
    keys = published.SORT_KEYS[params.sort.removeprefix("-")]
    return await read.page(
        query, params=params, kind=f"practices:{params.sort}", keys=keys, shape=_practice, total=total, **values
    )


async def _page_of_day(
    params: PracticeParams,
    values: dict[str, Any],
    caller: Principal,
    read: Reading,
    open_session: TransactionWhenNeeded,
    request: Request,
    serving: Serving,
) -> Response:
    session, kind = await open_session(), f"practices:{params.sort}"
    wanted = _wanted(caller, values, params.as_at, read.today())
    after = serving.cursors.decode(kind, params.cursor) if params.cursor else None
    rows = await on_day.list_practices_on(session, wanted, sort=params.sort, limit=params.limit + 1, after=after)
    shown = rows[: params.limit]
    keys = published.SORT_KEYS[params.sort.removeprefix("-")]
    cursor = serving.cursors.encode(kind, {k: shown[-1][k] for k in keys}) if len(rows) > params.limit else None
    total = await on_day.count_practices_on(session, wanted) if params.count == "exact" else None
    headers = {"Link": link_header(request.url, cursor)} if cursor else None
    body = page_body([_practice(row) for row in shown], cursor, total)
    return Response(json_bytes(body), media_type="application/json", headers=headers)


@router.get("/v1/practices/{code}", response_model=Practice, responses=error_responses(PracticeNotFound))
async def get_practice(
    code: CodeInAddress,
    params: Annotated[AsAtParams, Query()],
    caller: Directory,
    read: Read,
    open_session: TransactionWhenNeeded,
) -> Response:
    """One practice that is or was a member. With `as_at`, as it was on that day (see the list)."""
    if _is_as_published(caller, params.as_at, read.today()):
        rows = await read.reader.rows(published.practice_query(), tenant=caller.commissioner_id, code=code)
        row = rows[0] if rows else None
    else:
        wanted = _wanted(caller, {"code": code}, params.as_at, read.today())
        row = await on_day.find_practice_on(await open_session(), wanted)
    if row is None:
        raise PracticeNotFound
    return Response(json_bytes(_practice(row)), media_type="application/json")


def _is_as_published(caller: Principal, as_at: date | None, today: date) -> bool:
    """The projection has the tenant's practices as they are today; the platform has none of its own."""
    return not caller.is_platform and as_at in (None, today)


def _values(params: PracticeParams) -> dict[str, Any]:
    """The filters that were given, by the name of their condition, with what they compare with."""
    found: dict[str, Any] = {
        "locality_id": params.locality_id,
        "network": params.network,
        "status": params.status,
        "updated_since": params.updated_since,
        "commissioner": params.commissioner,
    }
    if params.q is not None:
        found |= {"patterns": searching.word_patterns(params.q), "postcode": searching.postcode_pattern(params.q)}
    return {name: value for name, value in found.items() if value is not None}


def _wanted(caller: Principal, values: dict[str, Any], as_at: date | None, today: date) -> on_day.Wanted:
    conditions = frozenset((on_day.FILTERS | {"code"}) & values.keys())
    if not caller.is_platform:
        conditions |= {"members_only"}
    return on_day.Wanted(caller.commissioner_id, as_at or today, today, conditions, values)


def _practice(row: Any) -> dict[str, Any]:
    """The one shape of a practice, of a row of the projection or of the register. Unknown is null."""
    return {
        "code": row["code"],
        "name": row["name"],
        "status": row["status"],
        "address": row["address"],
        "telephone": row["telephone"],
        "opened_on": row["opened_on"],
        "closed_on": row["closed_on"],
        "commissioner": _named("code", row["commissioner_code"], row["commissioner_name"]),
        "locality": _named("id", row["locality_id"], row["locality_name"]),
        "network": _named("code", row["network_code"], row["network_name"]),
        "list_size": _list_size(row),
        "profile": row["profile"],
        "named_lead": None if row["lead_name"] is None else {"name": row["lead_name"], "post": row["lead_post"]},
        "successor": row["successor"],
    }


def _named(key: str, value: Any, name: str | None) -> dict[str, Any] | None:
    return None if value is None else {key: value, "name": name}


def _list_size(row: Any) -> dict[str, Any] | None:
    if row["list_as_at"] is None:
        return None
    return {"registered": row["registered"], "weighted": row["weighted"], "as_at": row["list_as_at"]}
