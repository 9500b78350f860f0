"""Rebuilding `published.practice` from the register and the tenants' own tables, for many tenants in one statement."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core.db import Tx
from app.organisations.repository.current import LIST_FIGURES, LISTED, status_on, successor_on

# Every column that comes from a source below; the lead's are written by whoever knows the lead.
_COLUMNS = (
    "name, search, status, address, postcode, postcode_key, telephone, opened_on, closed_on, commissioner_code,"
    " commissioner_name, member_from, member_until, locality_id, locality_name, network_code, network_name, registered,"
    " weighted, list_as_at, profile, successor"
)
_EXCLUDED = ", ".join(f"excluded.{name.strip()}" for name in _COLUMNS.split(","))
_STORED = ", ".join(f"p.{name.strip()}" for name in _COLUMNS.split(","))

_REBUILD = f"""
WITH member AS MATERIALIZED (
  SELECT DISTINCT ON (commissioner_id, practice) commissioner_id, practice AS code, valid_from, valid_until
  FROM practice_member
  WHERE valid_from <= :today
    AND (CAST(:tenants AS uuid[]) IS NULL OR commissioner_id = ANY(CAST(:tenants AS uuid[])))
    AND (CAST(:codes AS text[]) IS NULL OR practice = ANY(CAST(:codes AS text[])))
  ORDER BY commissioner_id, practice, valid_from DESC
), code AS MATERIALIZED (
  SELECT DISTINCT code FROM member
), holder AS MATERIALIZED (
  SELECT DISTINCT ON (m.practice) m.practice, m.commissioner FROM register_membership m JOIN code ON code.code = m.practice
  WHERE m.superseded_at IS NULL AND m.valid_from <= :today ORDER BY m.practice, m.valid_from DESC
), network AS MATERIALIZED (
  SELECT DISTINCT ON (n.practice) n.practice, n.network FROM register_network_membership n JOIN code ON code.code = n.practice
  WHERE n.superseded_at IS NULL AND n.valid_from <= :today AND (n.valid_until IS NULL OR n.valid_until > :today)
  ORDER BY n.practice, n.valid_from DESC, n.network
), list AS MATERIALIZED (
  SELECT DISTINCT ON (s.practice) s.practice, s.as_at, {LIST_FIGURES}
  FROM register_list_size s JOIN code ON code.code = s.practice
  WHERE {LISTED} AND s.as_at <= :today GROUP BY s.practice, s.as_at ORDER BY s.practice, s.as_at DESC
), wanted AS MATERIALIZED (
  SELECT member.commissioner_id, r.code, r.name,
    ' ' || lower(r.code) || ' ' || trim(regexp_replace(replace(lower(r.name), '''', ''), '[^a-z0-9]+', ' ', 'g')) AS search,
    {status_on(":today")} AS status,
    jsonb_build_object('lines', to_jsonb(r.address_lines), 'postcode', r.postcode) AS address,
    r.postcode, lower(replace(r.postcode, ' ', '')) AS postcode_key, r.telephone, r.opened_on, r.closed_on,
    holder.commissioner AS commissioner_code, coalesce(o.name, c.name) AS commissioner_name,
    member.valid_from AS member_from, member.valid_until AS member_until,
    l.id AS locality_id, l.name AS locality_name, network.network AS network_code, n.name AS network_name,
    list.registered, list.weighted, list.as_at AS list_as_at,
    jsonb_build_object('contract', r.contract, 'dispensing', r.dispensing, 'rural', r.rural,
      'single_handed', r.single_handed, 'training', r.training, 'imd_score', CAST(trim_scale(r.imd_score) AS text),
      'imd_decile', r.imd_decile, 'prescribing_setting', r.prescribing_setting) AS profile,
    {successor_on(":today")} AS successor
  FROM member
  JOIN register_practice r ON r.code = member.code
  LEFT JOIN holder ON holder.practice = r.code
  LEFT JOIN register_organisation o ON o.code = holder.commissioner
  LEFT JOIN commissioner c ON c.code = holder.commissioner
  LEFT JOIN locality_membership lm ON lm.commissioner_id = member.commissioner_id AND lm.practice = r.code
    AND lm.valid_from <= :today AND (lm.valid_until IS NULL OR lm.valid_until > :today)
  LEFT JOIN locality l ON l.commissioner_id = lm.commissioner_id AND l.id = lm.locality_id
  LEFT JOIN network ON network.practice = r.code
  LEFT JOIN register_organisation n ON n.code = network.network
  LEFT JOIN list ON list.practice = r.code
), gone AS (
  DELETE FROM published.practice p
  WHERE (CAST(:tenants AS uuid[]) IS NULL OR p.commissioner_id = ANY(CAST(:tenants AS uuid[])))
    AND (CAST(:codes AS text[]) IS NULL OR p.code = ANY(CAST(:codes AS text[])))
    AND NOT EXISTS (SELECT FROM wanted w WHERE w.commissioner_id = p.commissioner_id AND w.code = p.code)
  RETURNING p.commissioner_id, p.code
), written AS (
  INSERT INTO published.practice AS p (commissioner_id, code, {_COLUMNS}, changed_at)
  SELECT commissioner_id, code, {_COLUMNS}, :now FROM wanted
  ON CONFLICT (commissioner_id, code) DO UPDATE SET ({_COLUMNS}, changed_at) = ({_EXCLUDED}, excluded.changed_at)
  WHERE ({_STORED}) IS DISTINCT FROM ({_EXCLUDED})
  RETURNING p.commissioner_id, p.code
)
SELECT commissioner_id, code, false AS removed FROM written
UNION ALL SELECT commissioner_id, code, true FROM gone
ORDER BY commissioner_id, code
"""
_REBUILD_TEXT = text(_REBUILD)
_LOCK_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('plenary.published'))")
_LOCK_BESIDE = text("SELECT pg_advisory_xact_lock_shared(hashtext('plenary.published'))")
_PATIENCE = text("SELECT set_config('lock_timeout', :patience, true)")
_HASH_ONLY = text("SET LOCAL enable_nestloop = off")
_AS_BEFORE = text("SET LOCAL enable_nestloop = on")


async def rebuild_published(
    session: Tx, *, today: date, now: datetime, tenants: Sequence[UUID] | None, codes: Sequence[str] | None
) -> Sequence[Any]:
    """Write what differs and return it: (commissioner_id, code, removed). None means all that the login may see."""
    connection = await session.connection()
    # Whoever rebuilds for all tenants would write what it read before a tenant's change over what that change wrote;
    # in whose unit of work that happens says nothing, since a tenant's change of a practice touches others as well.
    alone = tenants is None
    await connection.execute(_PATIENCE, {"patience": "30s" if alone else "4s"})
    await connection.execute(_LOCK_ALONE if alone else _LOCK_BESIDE)
    values = {
        "today": today,
        "now": now,
        "tenants": None if tenants is None else list(tenants),
        "codes": None if codes is None else list(codes),
    }
    whole = codes is None or len(codes) > 200
    if whole:
        # Tables that this transaction has filled have no statistics yet; a nested loop over them would take minutes.
        await connection.execute(_HASH_ONLY)
    rows = (await connection.execute(_REBUILD_TEXT, values)).all()
    if whole:
        await connection.execute(_AS_BEFORE)
    return rows


_WRITE_LEADS = text(
    """UPDATE published.practice p SET lead_name = i.name, lead_post = i.post, changed_at = clock_timestamp()
FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:posts AS text[])) AS i(code, name, post)
WHERE p.commissioner_id = :tenant AND p.code = i.code AND (p.lead_name, p.lead_post) IS DISTINCT FROM (i.name, i.post)
RETURNING p.code"""
)


async def write_published_leads(session: Tx, leads: Mapping[str, tuple[str, str] | None]) -> list[str]:
    """The (name, post) of these practices' leads, None for a practice without one; returns whose were others before."""
    codes = sorted(leads)
    values = [leads[code] or (None, None) for code in codes]
    result = await (await session.connection()).execute(
        _WRITE_LEADS,
        {
            "tenant": session.tenant,
            "codes": codes,
            "names": [name for name, _ in values],
            "posts": [post for _, post in values],
        },
    )
    return sorted(result.scalars())
