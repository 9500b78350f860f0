"""Practices for tests: codes that start with ZZ cannot be real ODS codes."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx

from app.calculation.values import PracticeInput
from app.core.clock import london_date
from app.core.db import unit_of_work
from app.core.ids import PLATFORM_ID, new_id
from app.organisations.service import refresh_published

if TYPE_CHECKING:
    from tests.factories.service import LivePlenary

_RECORDED = datetime(2026, 11, 1, tzinfo=UTC)


async def make_practice(
    live: "LivePlenary",
    code: str,
    commissioner: str,
    *,
    name: str | None = None,
    valid_from: date = date(2013, 4, 1),
    valid_until: date | None = None,
    registered: str | None = "5000",
    weighted: str | None = "5100",
    list_as_at: date = date(2026, 4, 1),
    **columns: Any,
) -> None:
    """One active practice with one membership and one list, and its row in the tenant's published projection.

    `columns` are further columns of `register_practice`.
    """
    await _insert_practice(live.platform, code, name or f"Surgery {code}", valid_from, columns)
    await _insert_membership(live.platform, code, commissioner, valid_from, valid_until)
    if registered is not None or weighted is not None:
        await _insert_list(live.platform, code, list_as_at, registered, weighted)
    await publish_again(live, code)


async def make_practices(live: "LivePlenary", commissioner: str, inputs: Iterable[PracticeInput]) -> None:
    """As `make_practice`, many at once: each with the lists of what is to be calculated of it."""
    known = list(inputs)
    for each in known:
        await _insert_practice(live.platform, each.code, f"Surgery {each.code}", date(2013, 4, 1), {})
        await _insert_membership(live.platform, each.code, commissioner, date(2013, 4, 1), None)
        for size in each.lists:
            await _insert_list(live.platform, each.code, size.as_at, size.registered, size.weighted)
    await publish_again(live, *(each.code for each in known))


async def publish_again(live: "LivePlenary", *codes: str) -> None:
    """Bring what every tenant sees of the practices up to their rows, after rows were written by hand."""
    now = live.clock.now()
    async with unit_of_work(live.tools.platform_engine, PLATFORM_ID) as session:
        await refresh_published(session, today=london_date(now), now=now, codes=codes)


async def _insert_practice(
    platform: asyncpg.Connection, code: str, name: str, opened_on: date, columns: dict[str, Any]
) -> None:
    values = {
        "code": code,
        "name": name,
        "status": "active",
        "prescribing_setting": "4",
        "is_practice": True,
        "address_lines": ["1 High Street"],
        "postcode": "ZZ1 1AA",
        "opened_on": opened_on,
        "as_at": _RECORDED.date(),
        "updated_at": _RECORDED,
    } | columns
    marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    await platform.execute(f"INSERT INTO register_practice ({', '.join(values)}) VALUES ({marks})", *values.values())


async def _insert_membership(
    platform: asyncpg.Connection, code: str, commissioner: str, valid_from: date, valid_until: date | None
) -> None:
    await platform.execute(
        "INSERT INTO register_membership_source (practice, source, commissioner, valid_from, valid_until, as_at)"
        " VALUES ($1, 'ods-memberships', $2, $3, $4, $5)",
        code,
        commissioner,
        valid_from,
        valid_until,
        _RECORDED.date(),
    )
    await platform.execute(
        "INSERT INTO register_membership (id, practice, commissioner, valid_from, valid_until, source, recorded_at)"
        " VALUES ($1, $2, $3, $4, $5, 'ods-memberships', $6)",
        new_id(),
        code,
        commissioner,
        valid_from,
        valid_until,
        _RECORDED,
    )


async def _insert_list(
    platform: asyncpg.Connection,
    code: str,
    as_at: date,
    registered: str | Decimal | None,
    weighted: str | Decimal | None,
    *,
    source: str = "test",
    recorded_at: datetime = _RECORDED,
) -> None:
    await platform.execute(
        "INSERT INTO register_list_size (id, practice, as_at, source, registered, weighted, recorded_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        code,
        as_at,
        source,
        None if registered is None else Decimal(registered),
        None if weighted is None else Decimal(weighted),
        recorded_at,
    )


async def make_membership(
    live: "LivePlenary", code: str, commissioner: str, *, valid_from: date, valid_until: date | None = None
) -> None:
    """One more time of a practice as a commissioner's member, apart from those it has."""
    await _insert_membership(live.platform, code, commissioner, valid_from, valid_until)


async def make_list_size(
    live: "LivePlenary", code: str, *, as_at: date, registered: str | None, weighted: str | None = None, **more: Any
) -> None:
    """One more list of a practice; what is published of it stays as it was until the next refresh."""
    await _insert_list(live.platform, code, as_at, registered, weighted, **more)


async def make_locality(client: httpx.AsyncClient, code: str, **members: Any) -> str:
    answer = await client.post("/v1/localities", json={"code": code, "name": code.title()} | members)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def place(client: httpx.AsyncClient, locality: str, code: str, **period: str) -> httpx.Response:
    body = {name.rstrip("_"): day for name, day in period.items()}
    return await client.put(f"/v1/localities/{locality}/practices/{code}", json=body)
