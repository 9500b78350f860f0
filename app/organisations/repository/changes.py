"""Changes of practices: what they touch, for all practices of a change at once."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.organisations.errors import PracticeChangeNotFound
from app.organisations.repository.staging import fetch, run
from app.organisations.tables import PracticeChange, RegisterOrganisation

_WAITING = (col(PracticeChange.applied_at).is_(None), col(PracticeChange.refused_at).is_(None))
_VALID = "m.valid_from <= :on AND (m.valid_until IS NULL OR m.valid_until > :on)"


class PracticeChangeRepository(TenantRepository[PracticeChange]):
    table = PracticeChange
    missing = PracticeChangeNotFound

    async def list_page(self, *, state: str | None, params: PageParams, cursors: Cursors) -> Page[PracticeChange]:
        statement = self.select()
        if state == "waiting":
            statement = statement.where(*_WAITING)
        elif state is not None:
            since = col(PracticeChange.applied_at if state == "applied" else PracticeChange.refused_at)
            statement = statement.where(since.is_not(None))
        keys, kind = [col(PracticeChange.id)], f"practice-changes:{state}"
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind=kind)

    async def list_due(self, today: date) -> Sequence[UUID]:
        """Changes whose day has come, in the order of their days."""
        statement = (
            select(PracticeChange.id)
            .where(PracticeChange.commissioner_id == self.tenant, *_WAITING)
            .where(col(PracticeChange.effective_on) <= today)
            .order_by(col(PracticeChange.effective_on), col(PracticeChange.id))
        )
        return (await self.session.exec(statement)).all()

    async def lock_waiting(self, change_id: UUID) -> PracticeChange | None:
        """Held against a second worker, and against being withdrawn meanwhile."""
        statement = self.select().where(col(PracticeChange.id) == change_id, *_WAITING).with_for_update()
        return (await self.session.exec(statement)).one_or_none()  # pyright: ignore


async def find_register_organisation(session: Tx, code: str, *, kind: str) -> RegisterOrganisation | None:
    statement = select(RegisterOrganisation).where(
        col(RegisterOrganisation.code) == code, col(RegisterOrganisation.kind) == kind
    )
    return (await session.exec(statement)).one_or_none()


async def list_register_commissioners_of(session: Tx, codes: Collection[str], *, on: date) -> Sequence[Any]:
    """(practice, commissioner, valid_from) of the register on that day."""
    sql = (
        "SELECT m.practice, m.commissioner, m.valid_from FROM register_membership m"
        f" WHERE m.practice = ANY(:codes) AND m.superseded_at IS NULL AND {_VALID} ORDER BY m.practice"
    )
    return await fetch(session, sql, codes=list(codes), on=on)


async def list_register_practices_of(session: Tx, commissioner: str, *, on: date) -> list[str]:
    sql = (
        "SELECT m.practice FROM register_membership m JOIN register_practice r ON r.code = m.practice AND r.is_practice"
        f" WHERE m.commissioner = :commissioner AND m.superseded_at IS NULL AND {_VALID} ORDER BY m.practice"
    )
    return [row.practice for row in await fetch(session, sql, commissioner=commissioner, on=on)]


async def list_register_practices_elsewhere(
    session: Tx, codes: Collection[str], *, allowed: Collection[str], since: date
) -> list[str]:
    """Those that on that day or later are with a commissioner that is not one of the allowed."""
    sql = (
        "SELECT DISTINCT m.practice FROM register_membership m WHERE m.practice = ANY(:codes)"
        " AND m.superseded_at IS NULL AND m.commissioner <> ALL(:allowed)"
        " AND (m.valid_until IS NULL OR m.valid_until > :since) ORDER BY m.practice"
    )
    found = await fetch(session, sql, codes=list(codes), allowed=list(allowed), since=since)
    return [row.practice for row in found]


async def list_register_networked(session: Tx, networks: Collection[str], *, on: date) -> list[str]:
    """The practices that are in one of these networks on that day, sorted."""
    found = await fetch(
        session,
        "SELECT DISTINCT m.practice FROM register_network_membership m"
        f" WHERE m.network = ANY(:networks) AND m.superseded_at IS NULL AND {_VALID} ORDER BY m.practice",
        networks=list(networks),
        on=on,
    )
    return [row.practice for row in found]


async def list_register_networks_of(session: Tx, codes: Collection[str], *, on: date) -> Sequence[Any]:
    """(practice, network, valid_from) on that day."""
    sql = (
        "SELECT m.practice, m.network, m.valid_from FROM register_network_membership m"
        f" WHERE m.practice = ANY(:codes) AND m.superseded_at IS NULL AND {_VALID} ORDER BY m.practice, m.network"
    )
    return await fetch(session, sql, codes=list(codes), on=on)


async def list_members_among(session: Tx, tenant: UUID, codes: Collection[str], *, on: date) -> list[str]:
    sql = (
        "SELECT DISTINCT m.practice FROM practice_member m"
        f" WHERE m.commissioner_id = :tenant AND m.practice = ANY(:codes) AND {_VALID} ORDER BY m.practice"
    )
    return [row.practice for row in await fetch(session, sql, tenant=tenant, codes=list(codes), on=on)]


async def was_member(session: Tx, tenant: UUID, code: str) -> bool:
    """Whether the practice is, was or will be the tenant's."""
    sql = "SELECT 1 FROM practice_member m WHERE m.commissioner_id = :tenant AND m.practice = :code LIMIT 1"
    return bool(await fetch(session, sql, tenant=tenant, code=code))


async def list_tenants_touched(session: Tx, codes: Collection[str], *, on: date) -> Sequence[Any]:
    """(id, code) of each tenant of which one of the practices is a member that day, or in whose locality it is later."""
    sql = f"""
SELECT c.id, c.code FROM commissioner c WHERE c.id IN (
  SELECT m.commissioner_id FROM practice_member m WHERE m.practice = ANY(:codes) AND {_VALID}
  UNION SELECT m.commissioner_id FROM locality_membership m
  WHERE m.practice = ANY(:codes) AND (m.valid_until IS NULL OR m.valid_until > :on)
  UNION SELECT m.commissioner_id FROM place_membership m
  WHERE m.practice = ANY(:codes) AND (m.valid_until IS NULL OR m.valid_until > :on))
ORDER BY c.id"""
    return await fetch(session, sql, codes=list(codes), on=on)


async def list_places_held(session: Tx, codes: Collection[str], *, on: date) -> list[str]:
    """Practices that on that day or later are in a locality of the tenant."""
    sql = (
        "SELECT DISTINCT practice FROM locality_membership WHERE commissioner_id = :tenant AND practice = ANY(:codes)"
        " AND (valid_until IS NULL OR valid_until > :on) ORDER BY practice"
    )
    return [row.practice for row in await fetch(session, sql, tenant=session.tenant, codes=list(codes), on=on)]


async def close_register_practice(
    session: Tx, code: str, *, effective_on: date, successor: str | None, today: date, now: datetime
) -> None:
    """The register's own words: the last day open, and the state. What an older file says no longer stands."""
    sql = (
        "UPDATE register_practice SET status = 'closed', closed_on = :closed_on,"
        " successor_code = coalesce(CAST(:successor AS text), successor_code), as_at = greatest(as_at, :today),"
        " updated_at = :now WHERE code = :code"
    )
    closed_on = effective_on - timedelta(days=1)
    await run(session, sql, code=code, closed_on=closed_on, successor=successor, today=today, now=now)


_ENDED = {
    "locality_membership": "locality_id",
    "place_membership": "commissioner_id",
}


async def end_placements(session: Tx, table: str, codes: Collection[str], *, on: date) -> set[UUID]:
    """End the practices' memberships of the tenant's localities or place on that day; returns what they were in."""
    group = _ENDED[table]
    ours = "commissioner_id = :tenant AND practice = ANY(:codes)"
    never = f"DELETE FROM {table} WHERE {ours} AND valid_from >= :on RETURNING {group} AS left_group"
    ended = (
        f"UPDATE {table} SET valid_until = :on, version = version + 1 WHERE {ours} AND valid_from < :on"
        f" AND (valid_until IS NULL OR valid_until > :on) RETURNING {group} AS left_group"
    )
    values = {"tenant": session.tenant, "codes": list(codes), "on": on}
    return {row.left_group for sql in (never, ended) for row in await fetch(session, sql, **values)}
