"""Practices for tests: codes that start with ZZ cannot be real ODS codes."""

from datetime import date
from typing import TYPE_CHECKING, Any

import asyncpg

from app.core.ids import new_id

if TYPE_CHECKING:
    from tests.factories.service import LivePlenary


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
    """One active practice with one membership and one list, and its row in the tenant's published projection."""
    from datetime import UTC, datetime
    from decimal import Decimal

    now = datetime(2026, 11, 1, tzinfo=UTC)
    platform = await asyncpg.connect(live.settings.asyncpg_url("platform"))
    try:
        await platform.execute(
            "INSERT INTO register_practice (code, name, status, prescribing_setting, is_practice, address_lines, postcode,"
            " opened_on, as_at, updated_at) VALUES ($1, $2, 'active', '4', true, '{1 High Street}', 'ZZ1 1AA', $3, $3, $4)",
            code,
            name or f"Surgery {code}",
            valid_from,
            now,
        )
        await platform.execute(
            "INSERT INTO register_membership (id, practice, commissioner, valid_from, valid_until, source, recorded_at)"
            " VALUES ($1, $2, $3, $4, $5, 'test', $6)",
            new_id(),
            code,
            commissioner,
            valid_from,
            valid_until,
            now,
        )
        if registered is not None or weighted is not None:
            await platform.execute(
                "INSERT INTO register_list_size (id, practice, as_at, source, registered, weighted, recorded_at)"
                " VALUES ($1, $2, $3, 'test', $4, $5, $6)",
                new_id(),
                code,
                list_as_at,
                None if registered is None else Decimal(registered),
                None if weighted is None else Decimal(weighted),
                now,
            )
    finally:
        await platform.close()
