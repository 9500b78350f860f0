"""Localities: making and changing one, and which practice is in it when."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.audit import audit
from app.core.clock import Period, london_date
from app.core.db import Tx
from app.core.events import emit
from app.core.ids import new_id
from app.core.repository import Expected
from app.organisations.errors import LocalityNotFound, OverlappingMembership
from app.organisations.events import LocalityChanged
from app.organisations.repository.localities import (
    LocalityMembershipRepository,
    LocalityRepository,
    check_overlaps,
    list_practices_in,
)
from app.organisations.rules import Placement, lay_placements, overlap_words
from app.organisations.service.practices import get_practice
from app.organisations.service.publishing import refresh_published
from app.organisations.tables import Locality, LocalityMembership
from app.organisations.values import LocalityRef, PlacementOutcome


async def get_locality(session: Tx, locality_id: UUID) -> LocalityRef:
    row = await LocalityRepository(session, session.tenant).get(locality_id)
    return LocalityRef(row.id, row.code, row.name)


async def find_locality(session: Tx, named: str) -> LocalityRef:
    """The locality that a person at the machine names by its id, its code or its name."""
    rows = await LocalityRepository(session, session.tenant).list_named(named)
    if len(rows) != 1:
        raise LocalityNotFound(
            f"{len(rows) or 'No'} localities are called {named}; GET /v1/localities shows their ids, codes and names."
        )
    return LocalityRef(rows[0].id, rows[0].code, rows[0].name)


async def get_localities(session: Tx, localities: Collection[UUID]) -> dict[UUID, LocalityRef]:
    """Those localities; `LocalityNotFound` when one of them is not the tenant's."""
    rows = await LocalityRepository(session, session.tenant).list_by_ids(localities)
    if len(rows) < len(set(localities)):
        raise LocalityNotFound
    return {row.id: LocalityRef(row.id, row.code, row.name) for row in rows}


async def create_locality(session: Tx, *, code: str, name: str, description: str | None) -> Locality:
    row = Locality(commissioner_id=session.tenant, id=new_id(), code=code, name=name, description=description)
    session.add(row)
    # A code that is taken is told here, where nothing else has happened yet.
    await session.flush()
    emit(session, LocalityChanged(subject=str(row.id)))
    audit(session, "locality.created", row.id)
    return row


async def change_locality(session: Tx, row: Locality, changes: Mapping[str, Any], *, now: datetime) -> None:
    """Change what is named; a locality's name shows on its practices. The row was locked by whoever checked it."""
    different = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not different:
        return
    for name, value in different.items():
        setattr(row, name, value)
    await session.flush()
    if "name" in different:
        today = london_date(now)
        codes = await list_practices_in(session, [row.id], on=today)
        await refresh_published(session, today=today, now=now, tenants=[session.tenant], codes=codes)
    emit(session, LocalityChanged(subject=str(row.id)))
    audit(session, "locality.changed", row.id, members=sorted(different))


async def place_practice(
    session: Tx, locality_id: UUID, code: str, period: Period, *, expected: Expected, now: datetime
) -> tuple[LocalityMembership, bool]:
    """Put a practice into a locality for a period, correcting what the period overlaps there; True when it is new.

    `OverlappingMembership` when it is in another locality for part of the period.
    """
    localities = LocalityRepository(session, session.tenant)
    await localities.get(locality_id)
    await get_practice(session, code)
    memberships = LocalityMembershipRepository(session, session.tenant)
    rows = {row.id: row for row in await memberships.lock_of([code])}
    wanted = Placement(locality_id, period)
    same = [row for row in rows.values() if row.locality_id == locality_id and _overlaps(row, period)]
    expected.check(same[0].version if same else None)
    laid = lay_placements([_placement(row) for row in rows.values()], [wanted])
    if laid.outcomes == [PlacementOutcome.OVERLAPPING]:
        other = laid.in_the_way[0]
        elsewhere = await localities.get(other.group)  # pyright: ignore - a placement of this service has a locality
        raise OverlappingMembership(overlap_words(elsewhere.name, other.period))
    if laid.outcomes == [PlacementOutcome.UNCHANGED]:
        return same[0], False
    for gone in laid.removed:
        await session.delete(rows[gone])
    row = await _write(session, rows, laid.written[0], code, now=now)
    await check_overlaps(session)
    await refresh_published(session, today=london_date(now), now=now, tenants=[session.tenant], codes=[code])
    emit(session, LocalityChanged(subject=str(locality_id)))
    audit(session, "locality.practice_placed", locality_id, practice=code)
    return row, not same


def _overlaps(row: LocalityMembership, period: Period) -> bool:
    return Period(row.valid_from, row.valid_until).intersection(period) is not None


def _placement(row: LocalityMembership) -> Placement:
    return Placement(row.locality_id, Period(row.valid_from, row.valid_until), row.id)


async def _write(
    session: Tx, rows: Mapping[UUID, LocalityMembership], placement: Placement, code: str, *, now: datetime
) -> LocalityMembership:
    start, end = placement.period.valid_from, placement.period.valid_until
    if placement.id is not None:
        row = rows[placement.id]
        row.valid_from, row.valid_until = start, end
        return row
    row = LocalityMembership(
        commissioner_id=session.tenant,
        id=new_id(),
        locality_id=placement.group,  # pyright: ignore - a placement of this service has a locality
        practice=code,
        valid_from=start,
        valid_until=end,
        recorded_at=now,
    )
    session.add(row)
    return row
