"""Set-based writes of the national register: each takes the rows of a whole file and says what really changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.core.db import Tx
from app.core.ids import new_id
from app.organisations.repository.staging import fetch, run, staged


@dataclass(slots=True)
class Written:
    """The codes of what was made and of what became different. The same row written again is in neither."""

    created: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)

    @property
    def changed(self) -> set[str]:
        return self.created | self.updated


def _written(rows: Sequence[Any]) -> Written:
    """From rows (code, created)."""
    return Written({row[0] for row in rows if row[1]}, {row[0] for row in rows if not row[1]})


async def lock_register(session: Tx, *, shared: bool = False) -> None:
    """Hold the register still until the transaction ends: two imports at once would each miss what the other adds.

    `shared` is for those who read it to publish from it.
    """
    await run(session, "SET LOCAL lock_timeout = '30s'")
    await run(session, f"SELECT pg_advisory_xact_lock{'_shared' if shared else ''}(hashtext('plenary.register'))")


async def raise_register_number(session: Tx) -> None:
    """Make every list that shows the register another one to whoever kept a copy."""
    await run(session, "UPDATE published.register_number SET number = number + 1")


PRACTICE_COLUMNS = {
    "code": "text",
    "name": "text",
    "status": "text",
    "prescribing_setting": "text",
    "is_practice": "boolean",
    "address_lines": "text[]",
    "postcode": "text",
    "telephone": "text",
    "opened_on": "date",
    "closed_on": "date",
}
_FACTS = ", ".join(name for name in PRACTICE_COLUMNS if name not in ("code", "is_practice"))


def _each(alias: str) -> str:
    return ", ".join(f"{alias}.{name.strip()}" for name in _FACTS.split(","))


_WRITE_PRACTICES = f"""
INSERT INTO register_practice AS p (code, is_practice, {_FACTS}, as_at, updated_at)
SELECT code, is_practice, {_FACTS}, :as_at, :now FROM staged_practice
ON CONFLICT (code) DO UPDATE SET ({_FACTS}) = ({_each("excluded")}),
  is_practice = p.is_practice OR excluded.is_practice, as_at = excluded.as_at, updated_at = excluded.updated_at
WHERE (p.as_at IS NULL OR p.as_at <= excluded.as_at)
  AND ({_each("p")}, p.is_practice) IS DISTINCT FROM ({_each("excluded")}, p.is_practice OR excluded.is_practice)
RETURNING p.code, p.xmax = 0
"""
_SEEN_AGAIN = """
UPDATE register_practice p SET as_at = :as_at FROM staged_practice s
WHERE p.code = s.code AND (p.as_at IS NULL OR p.as_at < :as_at)
"""


async def write_register_practices(
    session: Tx, records: Iterable[Sequence[Any]], *, as_at: date, now: datetime
) -> Written:
    """The register's own rows. One that is known from a newer file stays as it is."""
    async with staged(session, "staged_practice", PRACTICE_COLUMNS, records):
        rows = await fetch(session, _WRITE_PRACTICES, as_at=as_at, now=now)
        await run(session, _SEEN_AGAIN, as_at=as_at)
    return _written(rows)


_NAME_PRACTICES = f"""
INSERT INTO register_practice AS p (code, is_practice, {_FACTS}, updated_at)
SELECT code, true, {_FACTS}, :now FROM staged_practice
ON CONFLICT (code) DO UPDATE SET is_practice = true, updated_at = excluded.updated_at WHERE NOT p.is_practice
RETURNING p.code, p.xmax = 0
"""


async def name_register_practices(session: Tx, records: Iterable[Sequence[Any]], *, now: datetime) -> Written:
    """Codes that a publication names: each is a practice, and is added where the register does not have it."""
    async with staged(session, "staged_practice", PRACTICE_COLUMNS, records):
        return _written(await fetch(session, _NAME_PRACTICES, now=now))


_ORGANISATION_COLUMNS = {"code": "text", "name": "text", "kind": "text", "parent_code": "text"}
_NEWER_NAME = "excluded.name IS NOT NULL AND coalesce(p.name_as_at <= :as_at, true)"
_NEWER_PARENT = "excluded.parent_code IS NOT NULL AND coalesce(p.parent_as_at <= :as_at, true)"
_WRITE_ORGANISATIONS = f"""
INSERT INTO register_organisation AS p (code, name, kind, parent_code, name_as_at, parent_as_at, updated_at)
SELECT code, name, kind, parent_code, CASE WHEN name IS NOT NULL THEN CAST(:as_at AS date) END,
       CASE WHEN parent_code IS NOT NULL THEN CAST(:as_at AS date) END, :now
FROM staged_organisation
ON CONFLICT (code) DO UPDATE SET
  name = CASE WHEN {_NEWER_NAME} THEN excluded.name ELSE p.name END,
  name_as_at = CASE WHEN {_NEWER_NAME} THEN excluded.name_as_at ELSE p.name_as_at END,
  parent_code = CASE WHEN {_NEWER_PARENT} THEN excluded.parent_code ELSE p.parent_code END,
  parent_as_at = CASE WHEN {_NEWER_PARENT} THEN excluded.parent_as_at ELSE p.parent_as_at END,
  updated_at = excluded.updated_at
WHERE ({_NEWER_NAME} AND p.name IS DISTINCT FROM excluded.name)
   OR ({_NEWER_PARENT} AND p.parent_code IS DISTINCT FROM excluded.parent_code)
RETURNING p.code, p.xmax = 0
"""


async def write_register_organisations(
    session: Tx, records: Iterable[tuple[str, str | None, str, str | None]], *, as_at: date, now: datetime
) -> Written:
    """Commissioners, ICBs and networks as (code, name, kind, parent); None is what the file does not say."""
    async with staged(session, "staged_organisation", _ORGANISATION_COLUMNS, records):
        return _written(await fetch(session, _WRITE_ORGANISATIONS, as_at=as_at, now=now))


_LIST_COLUMNS = {
    "id": "uuid",
    "practice": "text",
    "as_at": "date",
    "source": "text",
    "published_period": "text",
    "registered": "numeric(18,6)",
    "weighted": "numeric(18,6)",
    "adjusted": "numeric(18,6)",
}
_SAME_LIST = "l.practice = s.practice AND l.as_at = s.as_at AND l.source = s.source AND l.superseded_at IS NULL"
_CORRECT_LISTS = f"""
UPDATE register_list_size l SET superseded_at = :now FROM staged_list s
WHERE {_SAME_LIST}
  AND (l.registered, l.weighted, l.adjusted, l.published_period)
    IS DISTINCT FROM (s.registered, s.weighted, s.adjusted, s.published_period)
RETURNING l.practice, false
"""
_ADD_LISTS = f"""
INSERT INTO register_list_size
  (id, practice, as_at, source, published_period, registered, weighted, adjusted, recorded_at)
SELECT s.id, s.practice, s.as_at, s.source, s.published_period, s.registered, s.weighted, s.adjusted, :now
FROM staged_list s
WHERE NOT EXISTS (SELECT FROM register_list_size l WHERE {_SAME_LIST})
RETURNING practice, true
"""


async def write_register_lists(session: Tx, records: Iterable[Sequence[Any]], *, now: datetime) -> Written:
    """Lists as (practice, as_at, source, published_period, registered, weighted, adjusted).

    A corrected list supersedes the one it corrects, which stays for "as known on".
    """
    async with staged(session, "staged_list", _LIST_COLUMNS, ((new_id(), *record) for record in records)):
        corrected = _written(await fetch(session, _CORRECT_LISTS, now=now))
        added = _written(await fetch(session, _ADD_LISTS, now=now))
    return Written(added.created - corrected.updated, corrected.updated)


PROFILE_COLUMNS = {
    "contract": "text",
    "dispensing": "boolean",
    "rural": "boolean",
    "single_handed": "boolean",
    "training": "boolean",
    "imd_score": "numeric",
    "imd_decile": "int",
}


def _taken(name: str) -> str:
    """The file says something, and nothing newer is known."""
    return f"s.{name} IS NOT NULL AND coalesce(CAST(p.profile_as_at->>'{name}' AS date) <= :as_at, true)"


_MEMBERS = ", ".join(PROFILE_COLUMNS)
_FOUND = ", ".join(f"CASE WHEN {_taken(name)} THEN s.{name} ELSE p.{name} END AS {name}" for name in PROFILE_COLUMNS)
_DATES = ", ".join(
    f"'{name}', CASE WHEN {_taken(name)} THEN CAST(CAST(:as_at AS date) AS text) END" for name in PROFILE_COLUMNS
)
_WRITE_PROFILES = f"""
WITH found AS (
  SELECT p.code, {_FOUND}, p.profile_as_at || jsonb_strip_nulls(jsonb_build_object({_DATES})) AS profile_as_at
  FROM staged_profile s JOIN register_practice p ON p.code = s.code
), compared AS (
  SELECT f.*, ({", ".join(f"f.{name}" for name in PROFILE_COLUMNS)})
    IS DISTINCT FROM ({", ".join(f"p.{name}" for name in PROFILE_COLUMNS)}) AS differs
  FROM found f JOIN register_practice p ON p.code = f.code WHERE f.profile_as_at <> p.profile_as_at OR
    ({", ".join(f"f.{name}" for name in PROFILE_COLUMNS)}) IS DISTINCT FROM ({", ".join(f"p.{name}" for name in PROFILE_COLUMNS)})
)
UPDATE register_practice p SET ({_MEMBERS}, profile_as_at) = ({", ".join(f"c.{name}" for name in PROFILE_COLUMNS)}, c.profile_as_at),
  updated_at = CASE WHEN c.differs THEN :now ELSE p.updated_at END
FROM compared c WHERE p.code = c.code
RETURNING p.code, c.differs
"""
_UNKNOWN = (
    "SELECT s.code FROM staged_profile s WHERE NOT EXISTS (SELECT FROM register_practice p WHERE p.code = s.code)"
)


async def write_register_profiles(
    session: Tx, records: Mapping[str, Sequence[Any]], *, as_at: date, now: datetime
) -> tuple[Written, set[str]]:
    """Profile members by code, in the order of `PROFILE_COLUMNS`; also the codes that the register does not have.

    Each member has the day of its newest source: None says nothing, and an older file changes nothing.
    """
    rows = ((code, *members) for code, members in records.items())
    async with staged(session, "staged_profile", {"code": "text"} | PROFILE_COLUMNS, rows):
        unknown = {row.code for row in await fetch(session, _UNKNOWN)}
        changed = await fetch(session, _WRITE_PROFILES, as_at=as_at, now=now)
    return Written(updated={row[0] for row in changed if row[1]}), unknown


_NETWORK_COLUMNS = {
    "id": "uuid",
    "practice": "text",
    "network": "text",
    "valid_from": "date",
    "valid_until": "date",
}
_SAME_LINK = (
    "n.practice = s.practice AND n.network = s.network AND n.valid_from = s.valid_from AND n.superseded_at IS NULL"
)
_CORRECT_LINKS = f"""
UPDATE register_network_membership n SET superseded_at = :now FROM staged_network s
WHERE {_SAME_LINK} AND n.as_at <= :as_at AND n.valid_until IS DISTINCT FROM s.valid_until
RETURNING n.practice || ' ' || n.network || ' ' || n.valid_from, false
"""
_SEEN_LINKS = f"UPDATE register_network_membership n SET as_at = :as_at FROM staged_network s WHERE {_SAME_LINK} AND n.as_at < :as_at"
_ADD_LINKS = f"""
INSERT INTO register_network_membership (id, practice, network, valid_from, valid_until, as_at, recorded_at)
SELECT s.id, s.practice, s.network, s.valid_from, s.valid_until, :as_at, :now FROM staged_network s
WHERE NOT EXISTS (SELECT FROM register_network_membership n WHERE {_SAME_LINK})
RETURNING practice || ' ' || network || ' ' || valid_from, true
"""


async def write_register_networks(
    session: Tx, records: Iterable[Sequence[Any]], *, as_at: date, now: datetime
) -> Written:
    """Links as (practice, network, valid_from, valid_until). What is written is told as `practice network from`."""
    async with staged(session, "staged_network", _NETWORK_COLUMNS, ((new_id(), *record) for record in records)):
        corrected = _written(await fetch(session, _CORRECT_LINKS, as_at=as_at, now=now))
        await run(session, _SEEN_LINKS, as_at=as_at)
        added = _written(await fetch(session, _ADD_LINKS, as_at=as_at, now=now))
    return Written(added.created - corrected.updated, corrected.updated)
