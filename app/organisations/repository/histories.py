"""What the register and the tenant know of one practice over time, newest first."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, text
from sqlmodel import col, select

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, keyset_page
from app.organisations.tables import RegisterListSize

_KNOWN: Final = "recorded_at <= :known_on AND (superseded_at IS NULL OR superseded_at > :known_on)"
_VISIBLE = text(
    """
SELECT EXISTS (
  SELECT FROM register_practice r WHERE r.code = :code AND r.is_practice AND (CAST(:tenant AS uuid) IS NULL OR EXISTS (
    SELECT FROM practice_member m
    WHERE m.commissioner_id = CAST(:tenant AS uuid) AND m.practice = r.code AND m.valid_from <= :today)))
"""
)


async def is_visible(session: Tx, code: str, *, tenant: UUID | None, today: date) -> bool:
    """Whether the practice is or was the tenant's; without a tenant, whether the register has it."""
    values = {"code": code, "tenant": tenant, "today": today}
    return (await (await session.connection()).execute(_VISIBLE, values)).scalar_one()


async def list_register_list_sizes(
    session: Tx, code: str, *, known_on: datetime | None, params: PageParams, cursors: Cursors
) -> Page[RegisterListSize]:
    """The practice's lists as they were known then, or are known now; the newest first."""
    size = RegisterListSize
    statement = select(size).where(col(size.practice) == code)
    if known_on is None:
        statement = statement.where(col(size.superseded_at).is_(None))
    else:
        later = or_(col(size.superseded_at).is_(None), col(size.superseded_at) > known_on)
        statement = statement.where(col(size.recorded_at) <= known_on, later)
    return await keyset_page(
        session,
        statement,
        keys=[col(size.as_at), col(size.id)],
        params=params,
        cursors=cursors,
        kind=f"list-sizes:{code}",
        descending=True,
    )


# One row for each period, whatever it is a period of.
_PERIODS: Final = f"""
WITH period AS (
  SELECT 'commissioner' AS kind, m.commissioner AS code, coalesce(o.name, c.name) AS name, m.valid_from, m.valid_until,
    m.source, m.recorded_at, m.id
  FROM (SELECT * FROM register_membership WHERE practice = :code AND {_KNOWN}) m
  LEFT JOIN register_organisation o ON o.code = m.commissioner LEFT JOIN commissioner c ON c.code = m.commissioner
  UNION ALL
  SELECT 'network', n.network, o.name, n.valid_from, n.valid_until, 'networks', n.recorded_at, n.id
  FROM (SELECT * FROM register_network_membership WHERE practice = :code AND {_KNOWN}) n
  LEFT JOIN register_organisation o ON o.code = n.network
  UNION ALL
  SELECT 'locality', l.code, l.name, p.valid_from, p.valid_until, 'commissioner', p.recorded_at, p.id
  FROM locality_membership p JOIN locality l ON l.commissioner_id = p.commissioner_id AND l.id = p.locality_id
  WHERE p.commissioner_id = :tenant AND p.practice = :code AND p.recorded_at <= :known_on
  UNION ALL
  SELECT 'place', c.code, c.name, p.valid_from, p.valid_until, 'commissioner', p.recorded_at, p.id
  FROM place_membership p JOIN commissioner c ON c.id = p.commissioner_id
  WHERE p.commissioner_id = :tenant AND p.practice = :code AND p.recorded_at <= :known_on
)
"""
_HISTORY = text(
    f"""{_PERIODS} SELECT kind, code, name, valid_from, valid_until, source, recorded_at, id FROM period
WHERE CAST(:after_from AS date) IS NULL OR (valid_from, id) < (CAST(:after_from AS date), CAST(:after_id AS uuid))
ORDER BY valid_from DESC, id DESC LIMIT :row_limit"""
)
_COUNT = text(f"{_PERIODS} SELECT count(*) FROM period")


async def list_history(
    session: Tx, code: str, *, known_on: datetime, limit: int, after: Mapping[str, Any] | None
) -> Sequence[Any]:
    """Rows of one practice as known then, behind the position `after`."""
    values = {
        "code": code,
        "tenant": session.tenant,
        "known_on": known_on,
        "row_limit": limit,
        "after_from": after["valid_from"] if after else None,
        "after_id": after["id"] if after else None,
    }
    return (await (await session.connection()).execute(_HISTORY, values)).mappings().all()


async def count_history(session: Tx, code: str, *, known_on: datetime) -> int:
    values = {"code": code, "tenant": session.tenant, "known_on": known_on}
    return (await (await session.connection()).execute(_COUNT, values)).scalar_one()
