"""Jobs of every commissioner, for an operator at the machine."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core.db import make_engine, unit_of_work
from app.core.errors import NotFound
from app.core.ids import PLATFORM_ID
from app.core.jobs.rows import redrive
from app.core.settings import Settings

# The worker login sees every tenant's jobs; these two are for an operator at the machine, who has its URL.
_EVERYWHERE = text(
    """SELECT j.id, j.commissioner_id, j.kind, j.payload, j.attempts, j.last_error FROM job j
WHERE j.state = :state AND (CAST(:tenant AS uuid) IS NULL OR j.commissioner_id = CAST(:tenant AS uuid))
ORDER BY j.created_at LIMIT 1000"""
)
_RUNNING = text("SELECT id, token, lease_until FROM job WHERE state = 'running'")
_STATE = text("SELECT kind, state FROM job WHERE id = :id")
_PARKED_KINDS = text("SELECT DISTINCT kind FROM job WHERE state = 'parked' ORDER BY kind")
_TENANTS = text("SELECT id, code FROM commissioner")


async def _codes(settings: Settings) -> dict[UUID, str]:
    """Tenants by id, which the platform login may read."""
    engine = make_engine(settings.sqlalchemy_url("platform"), pool_size=1)
    try:
        async with unit_of_work(engine, PLATFORM_ID) as session:
            found = (await (await session.connection()).execute(_TENANTS)).all()
    finally:
        await engine.dispose()
    return {row.id: row.code for row in found}


def _tenant(codes: dict[UUID, str], commissioner: str | None) -> UUID | None:
    if commissioner is None:
        return None
    for tenant, code in codes.items():
        if code == commissioner:
            return tenant
    raise NotFound(f"There is no commissioner {commissioner}.")


async def list_everywhere(settings: Settings, *, state: str, commissioner: str | None) -> list[dict[str, Any]]:
    """Jobs in a state, of one commissioner or all, oldest first; at most 1,000."""
    codes = await _codes(settings)
    engine = make_engine(settings.sqlalchemy_url("worker"), pool_size=1)
    try:
        async with unit_of_work(engine, None) as session:
            values = {"state": state, "tenant": _tenant(codes, commissioner)}
            rows = (await (await session.connection()).execute(_EVERYWHERE, values)).mappings().all()
    finally:
        await engine.dispose()
    return [dict(row) | {"commissioner": codes.get(row["commissioner_id"], "?")} for row in rows]


async def redrive_everywhere(
    settings: Settings, *, job_id: UUID | None, kind: str | None, commissioner: str | None
) -> int:
    """Queue parked jobs again, one by id or all of a kind, tenant by tenant. Returns how many."""
    codes = await _codes(settings)
    wanted = _tenant(codes, commissioner)
    engine = make_engine(settings.sqlalchemy_url("worker"), pool_size=1)
    moved = 0
    try:
        for tenant in [wanted] if wanted else sorted(codes):
            async with unit_of_work(engine, tenant) as session:
                moved += await redrive(session, job_id=job_id, kind=kind)
    finally:
        await engine.dispose()
    return moved


async def why_none_redriven(settings: Settings, *, job_id: UUID | None, kind: str | None) -> str:
    """What to look at when there was nothing to queue again."""
    engine = make_engine(settings.sqlalchemy_url("worker"), pool_size=1)
    try:
        async with unit_of_work(engine, None) as session:
            connection = await session.connection()
            parked = (await connection.execute(_PARKED_KINDS)).scalars().all()
            found = (await connection.execute(_STATE, {"id": job_id})).one_or_none()
    finally:
        await engine.dispose()
    if kind is not None:
        return f"No job of the kind {kind} is parked. Parked are: {', '.join(parked) or 'none'}."
    if found is None:
        return f"There is no job {job_id}; `plenary jobs list` shows those that are parked."
    if found.state == "parked":
        return f"The job {job_id} is another commissioner's."
    return f"The job {job_id} ({found.kind}) is {found.state}; only a parked one is run again."


async def list_running(settings: Settings) -> dict[UUID, tuple[int, datetime]]:
    """Every job that some worker holds, or held when it died, with its fencing token and until when its lease runs: of a
    worker that lives the one or the other moves on.
    """
    engine = make_engine(settings.sqlalchemy_url("worker"), pool_size=1)
    try:
        async with unit_of_work(engine, None) as session:
            rows = (await (await session.connection()).execute(_RUNNING)).all()
    finally:
        await engine.dispose()
    return {row.id: (row.token, row.lease_until) for row in rows}
