"""What core's own routes read: jobs, the audit log, and the events of the change feed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, any_, cast, func, or_, text, tuple_
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select

from app.core.audit import AuditEntry
from app.core.changes import Marks, Seen
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.events import EventRow
from app.core.jobs import JobRow
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, among, keyset_page

Position = tuple[int, int]
"""A change number and a place within it."""

_NUMBER = text("SELECT number FROM published.change_number WHERE commissioner_id = :tenant")
_OLDEST = text("SELECT min(change_number) FROM event WHERE commissioner_id = :tenant")


async def list_jobs(session: Tx, state: str, *, params: PageParams, cursors: Cursors) -> Page[JobRow]:
    statement = select(JobRow).where(JobRow.commissioner_id == session.tenant, JobRow.state == state)
    return await keyset_page(session, statement, keys=[JobRow.id], params=params, cursors=cursors, kind=f"jobs:{state}")


async def get_job(session: Tx, job_id: UUID, *, for_update: bool = False) -> JobRow:
    """As it is in the database by now, also when this transaction has read it before."""
    statement = select(JobRow).where(JobRow.commissioner_id == session.tenant, JobRow.id == job_id)
    if for_update:
        statement = statement.with_for_update()
    row = (await session.exec(statement.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise NotFound("There is no such job.")
    return row


async def list_audit_entries(
    session: Tx, wanted: Mapping[str, Any], *, params: PageParams, cursors: Cursors
) -> Page[AuditEntry]:
    """The entries whose members are as `wanted` says, the newest first."""
    statement = select(AuditEntry).where(AuditEntry.commissioner_id == session.tenant).filter_by(**wanted)
    kind = "audit:" + ":".join(str(wanted.get(name)) for name in ("subject", "action", "person_id"))
    return await keyset_page(
        session, statement, keys=[AuditEntry.id], params=params, cursors=cursors, kind=kind, descending=True
    )


async def get_change_number(session: Tx) -> int:
    """Everything up to this number is committed."""
    return (await (await session.connection()).execute(_NUMBER, {"tenant": session.tenant})).scalar_one_or_none() or 0


async def find_oldest_change(session: Tx) -> int | None:
    return (await (await session.connection()).execute(_OLDEST, {"tenant": session.tenant})).scalar_one()


async def list_changes(session: Tx, seen: Seen, *, after: Position, limit: int) -> Sequence[EventRow]:
    ordered = _changes(session, seen, after).order_by(col(EventRow.change_number), col(EventRow.position))
    return (await session.exec(ordered.limit(limit))).all()


async def count_changes(session: Tx, seen: Seen, *, after: Position) -> int:
    counted = select(func.count()).select_from(_changes(session, seen, after).subquery())
    return (await session.exec(counted)).one()


def _changes(session: Tx, seen: Seen, after: Position) -> Any:
    told = [among(col(EventRow.resource), [kind for kind, marks in seen.items() if marks is None])]
    for kind, marks in seen.items():
        if marks is not None:
            told.append(and_(col(EventRow.resource) == kind, _concerns(marks)))
    return select(EventRow).where(
        EventRow.commissioner_id == session.tenant,
        or_(*told),
        tuple_(EventRow.change_number, EventRow.position) > tuple_(*after),
    )


def _concerns(marks: Marks) -> ColumnElement[bool]:
    """One of the event's marks is among these. Most events have one mark, which is looked up by its hash; `&&` would compare
    each with each, for a million events and a few hundred practices longer than a statement may take.
    """
    on_event = col(EventRow.concerns)
    mark = func.unnest(on_event).column_valued("mark")
    rest = select_columns(mark).where(_is_one_of(mark, marks)).exists()
    return or_(_is_one_of(on_event[1], marks), and_(func.cardinality(on_event) > 1, rest))  # pyright: ignore


def _is_one_of(value: Any, marks: Marks) -> ColumnElement[bool]:
    return value == any_(cast(sorted(marks), ARRAY(Text)))
