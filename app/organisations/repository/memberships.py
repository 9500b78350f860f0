"""What sources say of memberships, and the sequence worked out from it, for thousands of practices at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.bulk import copy_into_shared
from app.core.db import Tx
from app.core.ids import new_id
from app.organisations.repository.staging import fetch, run, staged
from app.organisations.values import MembershipStatement

_COLUMNS = {
    "practice": "text",
    "source": "text",
    "commissioner": "text",
    "valid_from": "date",
    "valid_until": "date",
    "as_at": "date",
}
_SAME = "x.practice = s.practice AND x.source = s.source AND x.commissioner = s.commissioner AND x.valid_from = s.valid_from"
# A history is told whole, so a newer one replaces an older one of the same practice; and a publication names one
# commissioner for a practice's year.
_REPLACE = f"""
DELETE FROM register_membership_source x
USING (SELECT practice, source, valid_from, max(as_at) AS as_at FROM staged_statement GROUP BY practice, source, valid_from) n
WHERE x.practice = n.practice AND x.source = n.source
  AND ((x.source = 'ods-memberships' AND x.as_at < n.as_at)
    OR (x.source IN ('gp-payments', 'list-sizes') AND x.valid_from = n.valid_from))
  AND NOT EXISTS (SELECT FROM staged_statement s WHERE {_SAME})
RETURNING x.practice
"""
_OVERTAKEN = """
DELETE FROM staged_statement s WHERE s.source = 'ods-memberships' AND EXISTS (
  SELECT FROM register_membership_source x
  WHERE x.practice = s.practice AND x.source = s.source AND x.as_at > s.as_at)
"""
# The first member of the result says whether the statement itself is new or different, or was only made again later.
_WRITE = f"""
WITH differing AS MATERIALIZED (
  SELECT s.*, x.practice IS NULL AS is_new,
         x.practice IS NULL OR x.valid_until IS DISTINCT FROM s.valid_until AS differs
  FROM staged_statement s LEFT JOIN register_membership_source x ON {_SAME}
  WHERE x.practice IS NULL
     OR (x.as_at <= s.as_at AND (x.valid_until, x.as_at) IS DISTINCT FROM (s.valid_until, s.as_at))
), written AS (
  INSERT INTO register_membership_source (practice, source, commissioner, valid_from, valid_until, as_at)
  SELECT practice, source, commissioner, valid_from, valid_until, as_at FROM differing
  ON CONFLICT (practice, source, commissioner, valid_from)
  DO UPDATE SET valid_until = excluded.valid_until, as_at = excluded.as_at
)
SELECT practice, is_new, differs FROM differing
"""


@dataclass(slots=True)
class Stated:
    """How many statements are new or say something else; and the practices whose sequence has to be worked out again."""

    created: int
    updated: int
    practices: set[str]


async def write_register_statements(session: Tx, statements: Iterable[MembershipStatement]) -> Stated:
    rows = ((s.practice, s.source, s.commissioner, s.valid_from, s.valid_until, s.as_at) for s in statements)
    async with staged(session, "staged_statement", _COLUMNS, rows):
        await run(session, _OVERTAKEN)
        replaced = await fetch(session, _REPLACE)
        written = await fetch(session, _WRITE)
    practices = {row.practice for row in written} | {row.practice for row in replaced}
    created = sum(row.is_new for row in written)
    return Stated(created, sum(row.differs and not row.is_new for row in written), practices)


async def list_register_statements(session: Tx, practices: Collection[str]) -> Sequence[Any]:
    sql = (
        "SELECT practice, commissioner, valid_from, valid_until, source, as_at FROM register_membership_source"
        " WHERE practice = ANY(:practices) ORDER BY practice"
    )
    return await fetch(session, sql, practices=sorted(practices))


async def list_register_memberships(session: Tx, practices: Collection[str]) -> Sequence[Any]:
    sql = (
        "SELECT id, practice, commissioner, valid_from, valid_until FROM register_membership"
        " WHERE practice = ANY(:practices) AND superseded_at IS NULL"
    )
    return await fetch(session, sql, practices=sorted(practices))


async def replace_register_memberships(
    session: Tx, *, superseded: Collection[Any], added: Iterable[Sequence[Any]], now: datetime
) -> None:
    """`added` are (practice, commissioner, valid_from, valid_until, source)."""
    if superseded:
        sql = "UPDATE register_membership SET superseded_at = :now WHERE id = ANY(:ids)"
        await run(session, sql, now=now, ids=list(superseded))
    columns = ("id", "practice", "commissioner", "valid_from", "valid_until", "source", "recorded_at")
    rows = ((new_id(), *row, now) for row in added)
    await copy_into_shared(session, "register_membership", columns=columns, rows=rows)


async def list_register_disagreements(session: Tx, statements: Iterable[MembershipStatement]) -> Sequence[Any]:
    """Practices whose sequence gives the statement's commissioner less than the stated period: (practice, days given)."""
    rows = ((s.practice, s.source, s.commissioner, s.valid_from, s.valid_until, s.as_at) for s in statements)
    sql = """
SELECT s.practice, coalesce(sum(least(m.valid_until, s.valid_until) - greatest(m.valid_from, s.valid_from))
                            FILTER (WHERE m.commissioner = s.commissioner), 0) AS days
FROM staged_statement s JOIN register_membership m ON m.practice = s.practice
WHERE m.superseded_at IS NULL AND daterange(m.valid_from, m.valid_until) && daterange(s.valid_from, s.valid_until)
GROUP BY s.practice, s.valid_from, s.valid_until
HAVING coalesce(sum(least(m.valid_until, s.valid_until) - greatest(m.valid_from, s.valid_from))
                FILTER (WHERE m.commissioner = s.commissioner), 0) < s.valid_until - s.valid_from
ORDER BY s.practice"""
    async with staged(session, "staged_statement", _COLUMNS, rows):
        return await fetch(session, sql)
