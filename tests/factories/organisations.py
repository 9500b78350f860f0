"""Practices for tests: codes that start with ZZ cannot be real ODS codes."""

from collections.abc import Iterable, Sequence
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
    await _insert(
        live.platform, "register_practice", _practice_values(code, name or f"Surgery {code}", valid_from) | columns
    )
    await _insert_membership(live.platform, code, commissioner, valid_from, valid_until)
    if registered is not None or weighted is not None:
        await _insert(live.platform, "register_list_size", _list_values(code, list_as_at, registered, weighted))
    await publish_again(live, code)


async def make_practices(live: "LivePlenary", commissioner: str, inputs: Iterable[PracticeInput]) -> None:
    """As `make_practice`, many at once: each with the lists of what is to be calculated of it."""
    known, opened_on = list(inputs), date(2013, 4, 1)
    await live.platform.executemany(
        *_many("register_practice", [_practice_values(each.code, f"Surgery {each.code}", opened_on) for each in known])
    )
    memberships = [_membership_values(each.code, commissioner, opened_on, None) for each in known]
    await live.platform.executemany(*_many("register_membership_source", [source for source, _ in memberships]))
    await live.platform.executemany(*_many("register_membership", [membership for _, membership in memberships]))
    lists = [
        _list_values(each.code, size.as_at, size.registered, size.weighted) for each in known for size in each.lists
    ]
    if lists:
        await live.platform.executemany(*_many("register_list_size", lists))
    await publish_again(live, *(each.code for each in known))


async def publish_again(live: "LivePlenary", *codes: str) -> None:
    """Bring what every tenant sees of the practices up to their rows, after rows were written by hand."""
    now = live.clock.now()
    async with unit_of_work(live.tools.platform_engine, PLATFORM_ID) as session:
        await refresh_published(session, today=london_date(now), now=now, codes=codes)


def _many(table: str, rows: Sequence[dict[str, Any]]) -> tuple[str, list[list[Any]]]:
    """One statement and its values, for rows that have the same columns."""
    marks = ", ".join(f"${place}" for place in range(1, len(rows[0]) + 1))
    return f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", [list(row.values()) for row in rows]


async def _insert(platform: asyncpg.Connection, table: str, row: dict[str, Any]) -> None:
    statement, (values,) = _many(table, [row])
    await platform.execute(statement, *values)


def _practice_values(code: str, name: str, opened_on: date) -> dict[str, Any]:
    return {
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
    }


def _membership_values(
    code: str, commissioner: str, valid_from: date, valid_until: date | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a file said, and what the register has made of it."""
    said = {
        "practice": code,
        "source": "ods-memberships",
        "commissioner": commissioner,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    return said | {"as_at": _RECORDED.date()}, said | {"id": new_id(), "recorded_at": _RECORDED}


async def _insert_membership(
    platform: asyncpg.Connection, code: str, commissioner: str, valid_from: date, valid_until: date | None
) -> None:
    source, membership = _membership_values(code, commissioner, valid_from, valid_until)
    await _insert(platform, "register_membership_source", source)
    await _insert(platform, "register_membership", membership)


def _list_values(
    code: str,
    as_at: date,
    registered: str | Decimal | None,
    weighted: str | Decimal | None,
    *,
    source: str = "test",
    recorded_at: datetime = _RECORDED,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "practice": code,
        "as_at": as_at,
        "source": source,
        "registered": None if registered is None else Decimal(registered),
        "weighted": None if weighted is None else Decimal(weighted),
        "recorded_at": recorded_at,
    }


async def make_membership(
    live: "LivePlenary", code: str, commissioner: str, *, valid_from: date, valid_until: date | None = None
) -> None:
    """One more time of a practice as a commissioner's member, apart from those it has."""
    await _insert_membership(live.platform, code, commissioner, valid_from, valid_until)


async def make_list_size(
    live: "LivePlenary", code: str, *, as_at: date, registered: str | None, weighted: str | None = None, **more: Any
) -> None:
    """One more list of a practice; what is published of it stays as it was until the next refresh."""
    await _insert(live.platform, "register_list_size", _list_values(code, as_at, registered, weighted, **more))


async def make_locality(client: httpx.AsyncClient, code: str, **members: Any) -> str:
    answer = await client.post("/v1/localities", json={"code": code, "name": code.title()} | members)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def place(client: httpx.AsyncClient, locality: str, code: str, **period: str) -> httpx.Response:
    body = {name.rstrip("_"): day for name, day in period.items()}
    return await client.put(f"/v1/localities/{locality}/practices/{code}", json=body)
