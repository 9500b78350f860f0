"""Reading the national register: practices and their lists. It has no tenant; membership is checked by the caller."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, text
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.core.db import Tx
from app.core.repository import among
from app.organisations.repository.current import LIST_FIGURES, LISTED
from app.organisations.tables import RegisterListSize, RegisterOrganisation, RegisterPractice


async def list_register_practices(session: Tx, codes: Sequence[str]) -> Sequence[RegisterPractice]:
    statement = select(RegisterPractice).where(among(col(RegisterPractice.code), codes))
    return (await session.exec(statement)).all()


async def list_register_names(session: Tx, codes: Collection[str]) -> dict[str, str]:
    """Of whatever has these codes: a row of the register of practices, whose out-of-hours providers and walk-in centres are no
    practices here, or else another organisation.
    """
    practices = select(RegisterPractice.code, RegisterPractice.name).where(among(col(RegisterPractice.code), codes))
    others = select(RegisterOrganisation.code, RegisterOrganisation.name).where(
        among(col(RegisterOrganisation.code), codes), col(RegisterOrganisation.name).is_not(None)
    )
    named = {code: name for code, name in (await session.exec(others)).all() if name is not None}
    return named | dict((await session.exec(practices)).all())


async def list_register_list_sizes(session: Tx, codes: Collection[str], *, known_on: datetime | None) -> Sequence[Any]:
    """Every list of the practices as it was known at that instant, or is known now; the oldest first.

    Columns only: rows of the session would cost several times as much for thousands of practices.
    """
    size = RegisterListSize
    statement = select_columns(
        col(size.practice),
        col(size.as_at),
        col(size.registered),
        col(size.weighted),
        col(size.adjusted),
        col(size.source),
        col(size.published_period),
        col(size.recorded_at),
    ).where(among(col(size.practice), codes))
    if known_on is None:
        statement = statement.where(col(size.superseded_at).is_(None))
    else:
        later = or_(col(size.superseded_at).is_(None), col(size.superseded_at) > known_on)
        statement = statement.where(col(size.recorded_at) <= known_on, later)
    statement = statement.order_by(col(size.practice), col(size.as_at), col(size.source))
    return (await (await session.connection()).execute(statement)).all()


_PROFILES = text(
    f"""
SELECT r.code, l.registered, l.weighted, r.dispensing, r.rural, r.single_handed, r.imd_decile, r.contract,
       (SELECT m.locality_id FROM locality_membership m WHERE m.commissioner_id = :tenant AND m.practice = r.code
        AND m.valid_from <= :day AND (m.valid_until IS NULL OR m.valid_until > :day)) AS locality_id
FROM register_practice r
LEFT JOIN LATERAL (
  SELECT {LIST_FIGURES} FROM register_list_size s
  WHERE s.practice = r.code AND {LISTED} AND s.as_at <= :day GROUP BY s.as_at ORDER BY s.as_at DESC LIMIT 1
) l ON true
WHERE r.code = ANY(:codes)
"""
)


async def list_register_profiles(session: Tx, codes: Sequence[str], *, on: date) -> Sequence[Any]:
    """One row for each practice: its list and its locality on that day, and what is known of its kind."""
    result = await (await session.connection()).execute(
        _PROFILES, {"tenant": session.tenant, "day": on, "codes": list(codes)}
    )
    return result.mappings().all()


# Whoever took over from one that had taken over itself has both; a circle, which only a wrong register has, ends.
_PREDECESSORS = text(
    """
WITH RECURSIVE taken_over(former, heir) AS (
  SELECT r.code, r.successor_code FROM register_practice r WHERE r.successor_code = ANY(:heirs) AND r.closed_on < :day
  UNION
  SELECT r.code, t.heir FROM taken_over t JOIN register_practice r ON r.successor_code = t.former AND r.closed_on < :day
)
SELECT former, min(heir) AS heir FROM taken_over GROUP BY former ORDER BY former
"""
)


async def list_register_predecessors(session: Tx, heirs: Collection[str], *, on: date) -> dict[str, str]:
    """The practices that these have taken over by that day, each with the one of these that has it."""
    result = await (await session.connection()).execute(_PREDECESSORS, {"heirs": sorted(heirs), "day": on})
    return {row.former: row.heir for row in result}


async def list_register_takeovers(session: Tx, heir: str, *, since: date) -> Sequence[Any]:
    """(code, closed_on) of the practices that this one takes over and whose last day is that day or later."""
    statement = (
        select_columns(col(RegisterPractice.code), col(RegisterPractice.closed_on))
        .where(col(RegisterPractice.successor_code) == heir, col(RegisterPractice.closed_on) >= since)
        .order_by(col(RegisterPractice.code))
    )
    return (await (await session.connection()).execute(statement)).all()
