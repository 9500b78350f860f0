"""Practices as they were on a day, and those of the whole register: from the register, not from the projection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text

from app.core.db import Tx
from app.organisations.repository.current import LIST_FIGURES, LISTED, status_on, successor_on
from app.organisations.repository.published import SORT_KEYS

# The same words as in the projection's `search`, so that both lists find alike.
_SEARCH: Final = (
    "' ' || lower(r.code) || ' ' ||"
    " trim(regexp_replace(replace(lower(r.name), '''', ''), '[^a-z0-9]+', ' ', 'g')) LIKE ALL(CAST(:patterns AS text[]))"
)
_STATUS: Final = status_on(":day")
_CONDITIONS: Final = {
    "code": "r.code = :code",
    "members_only": (
        "EXISTS (SELECT FROM practice_member m WHERE m.commissioner_id = :tenant AND m.practice = r.code"
        " AND m.valid_from <= greatest(CAST(:day AS date), CAST(:today AS date)))"
    ),
    "patterns": f"({_SEARCH} OR lower(replace(r.postcode, ' ', '')) LIKE :postcode)",
    "locality_id": "placed.locality_id = :locality_id",
    "network": "net.network = :network",
    "status": f"{_STATUS} = :status",
    "updated_since": "r.updated_at >= :updated_since",
    "commissioner": (
        "(holder.commissioner = :commissioner OR holder.parent_code = :commissioner"
        " OR EXISTS (SELECT FROM place_membership p JOIN commissioner c ON c.id = p.commissioner_id"
        " WHERE c.code = :commissioner AND p.practice = r.code AND p.valid_from <= :day))"
    ),
}
FILTERS: Final = frozenset(_CONDITIONS) - {"code", "members_only"}
# The platform's own tenant has no localities.
_CHOICE: Final = """
FROM register_practice r
LEFT JOIN LATERAL (
  SELECT m.commissioner, o.parent_code FROM register_membership m
  LEFT JOIN register_organisation o ON o.code = m.commissioner
  WHERE m.practice = r.code AND m.superseded_at IS NULL AND m.valid_from <= :day ORDER BY m.valid_from DESC LIMIT 1
) holder ON true
LEFT JOIN LATERAL (
  SELECT n.network FROM register_network_membership n
  WHERE n.practice = r.code AND n.superseded_at IS NULL AND n.valid_from <= :day
    AND (n.valid_until IS NULL OR n.valid_until > :day) ORDER BY n.valid_from DESC, n.network LIMIT 1
) net ON true
LEFT JOIN locality_membership placed ON placed.commissioner_id = :tenant AND placed.practice = r.code
  AND placed.valid_from <= :day AND (placed.valid_until IS NULL OR placed.valid_until > :day)
WHERE r.is_practice AND (r.opened_on IS NULL OR r.opened_on <= :day)
"""
_SHOWN: Final = f"""
SELECT r.code, r.name, {_STATUS} AS status,
  jsonb_build_object('lines', to_jsonb(r.address_lines), 'postcode', r.postcode) AS address, r.telephone, r.opened_on,
  r.closed_on, chosen.commissioner AS commissioner_code, coalesce(o.name, c.name) AS commissioner_name,
  l.id AS locality_id, l.name AS locality_name, chosen.network AS network_code, n.name AS network_name,
  CAST(trim_scale(list.registered) AS text) AS registered, CAST(trim_scale(list.weighted) AS text) AS weighted,
  list.as_at AS list_as_at,
  jsonb_build_object('contract', r.contract, 'dispensing', r.dispensing, 'rural', r.rural,
    'single_handed', r.single_handed, 'training', r.training, 'imd_score', CAST(trim_scale(r.imd_score) AS text),
    'imd_decile', r.imd_decile, 'prescribing_setting', r.prescribing_setting) AS profile,
  CAST(NULL AS text) AS lead_name, CAST(NULL AS text) AS lead_post, {successor_on(":day")} AS successor
FROM chosen
JOIN register_practice r ON r.code = chosen.code
LEFT JOIN register_organisation o ON o.code = chosen.commissioner
LEFT JOIN commissioner c ON c.code = chosen.commissioner
LEFT JOIN register_organisation n ON n.code = chosen.network
LEFT JOIN locality l ON l.commissioner_id = :tenant AND l.id = chosen.locality_id
LEFT JOIN LATERAL (
  SELECT s.as_at, {LIST_FIGURES} FROM register_list_size s
  WHERE s.practice = r.code AND {LISTED} AND s.as_at <= :day GROUP BY s.as_at ORDER BY s.as_at DESC LIMIT 1
) list ON true
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which practices, of which day. `values` has what each of the conditions compares with."""

    tenant: UUID
    day: date
    today: date
    conditions: frozenset[str]
    values: Mapping[str, Any]

    def bound(self, **more: Any) -> dict[str, Any]:
        return {"tenant": self.tenant, "day": self.day, "today": self.today, **self.values, **more}


def _where(conditions: frozenset[str]) -> str:
    return "".join(f" AND {_CONDITIONS[name]}" for name in sorted(conditions))


@lru_cache(maxsize=512)
def _page(conditions: frozenset[str], sort: str, *, after: bool) -> TextClause:
    keys, descending = SORT_KEYS[sort.removeprefix("-")], sort.startswith("-")
    columns = [f"r.{key}" for key in keys]
    order = "ORDER BY " + ", ".join(f"{column} DESC" if descending else column for column in columns)
    onward = ""
    if after:
        position = ", ".join(f"CAST(:after_{key} AS text)" for key in keys)
        onward = f" AND ({', '.join(columns)}) {'<' if descending else '>'} ({position})"
    chosen = (
        "SELECT r.code, holder.commissioner, net.network, placed.locality_id"
        f"{_CHOICE}{_where(conditions)}{onward} {order} LIMIT :row_limit"
    )
    return text(f"WITH chosen AS ({chosen}) {_SHOWN} {order}")


@lru_cache(maxsize=128)
def _count(conditions: frozenset[str]) -> TextClause:
    return text(f"SELECT count(*) {_CHOICE}{_where(conditions)}")


async def list_practices_on(
    session: Tx, wanted: Wanted, *, sort: str, limit: int, after: Mapping[str, str] | None
) -> Sequence[Mapping[str, Any]]:
    """Rows with the members of the published practice, at most `limit`, behind the position `after`."""
    position = {f"after_{key}": value for key, value in (after or {}).items()}
    statement = _page(wanted.conditions, sort, after=after is not None)
    result = await (await session.connection()).execute(statement, wanted.bound(row_limit=limit, **position))
    return [dict(row) for row in result.mappings()]


async def find_practice_on(session: Tx, wanted: Wanted) -> Mapping[str, Any] | None:
    return next(iter(await list_practices_on(session, wanted, sort="code", limit=1, after=None)), None)


async def count_practices_on(session: Tx, wanted: Wanted) -> int:
    result = await (await session.connection()).execute(_count(wanted.conditions), wanted.bound())
    return result.scalar_one()
