"""Operations: long work that was accepted with 202 and can be watched."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel
from sqlalchemy import Column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, col, select

from app.core.clock import Instant
from app.core.db import Tx
from app.core.errors import DomainError, NotFound
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.problems import problem_document

NO_OPERATION = "There is no such operation."


class OperationRow(SQLModel, table=True):
    __tablename__ = "operation"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    kind: str
    status: str
    done: int
    total: int | None
    result: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    problem: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    credential_id: UUID | None
    person_id: UUID | None
    scope: str | None
    created_at: datetime
    finished_at: datetime | None


class Progress(BaseModel):
    done: int
    total: int | None


class Operation(BaseModel):
    """Long work that was accepted. `result` names what is being made, from the first answer on."""

    id: UUID
    kind: str
    status: Literal["queued", "running", "succeeded", "failed"]
    progress: Progress
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: Instant
    finished_at: Instant | None


def operation_answer(row: OperationRow) -> Operation:
    return Operation(
        id=row.id,
        kind=row.kind,
        status=row.status,  # pyright: ignore - the database checks it
        progress=Progress(done=row.done, total=row.total),
        result=row.result,
        problem=row.problem,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


_START = text(
    """INSERT INTO operation (commissioner_id, id, kind, status, done, total, result, credential_id, person_id, scope,
                         created_at)
VALUES (:tenant, :id, :kind, 'queued', 0, :total, CAST(:result AS jsonb), :credential, :person, :scope,
        clock_timestamp())"""
)


async def start_operation(
    session: Tx, kind: str, *, result: dict[str, Any], total: int | None = None, operation_id: UUID | None = None
) -> OperationRow:
    """Record long work in the transaction that accepts it. `result` names what is being made from the start."""
    operation_id = operation_id or new_id()
    await (await session.connection()).execute(
        _START,
        {
            "tenant": session.tenant,
            "id": operation_id,
            "kind": kind,
            "total": total,
            "result": msgspec.json.encode(result).decode(),
            "credential": session.pending.actor.credential_id,
            "person": session.pending.actor.person_id,
            "scope": session.pending.actor.scope,
        },
    )
    return await get_operation(session, operation_id)


async def get_operation(session: Tx, operation_id: UUID) -> OperationRow:
    found = await session.exec(
        select(OperationRow).where(OperationRow.commissioner_id == session.tenant, OperationRow.id == operation_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound(NO_OPERATION)
    return row


async def get_operation_for(session: Tx, operation_id: UUID, caller: Principal) -> OperationRow:
    """Of whoever started it, or may start such work in the whole commissioner; to others there is none."""
    row = await get_operation(session, operation_id)
    is_starter = row.credential_id == caller.credential_id or (
        row.person_id is not None and row.person_id == caller.person_id
    )
    if not is_starter and (row.scope is None or not caller.covers_commissioner(row.scope)):
        raise NotFound(NO_OPERATION)
    return row


async def list_unfinished(session: Tx, kind: str, made: dict[str, Any]) -> Sequence[OperationRow]:
    """Of one kind, the oldest first, whose `result` has all of this."""
    statement = select(OperationRow).where(
        OperationRow.commissioner_id == session.tenant,
        OperationRow.kind == kind,
        col(OperationRow.status).in_(("queued", "running")),
        col(OperationRow.result).contains(made),
    )
    return (await session.exec(statement.order_by(col(OperationRow.id)))).all()


_LOCK = text("SELECT FROM operation WHERE commissioner_id = :tenant AND id = :id FOR UPDATE")


async def lock_operation(session: Tx, operation_id: UUID) -> None:
    """For whoever counts what is left: of two who end the last parts at once, the second sees what the first has done."""
    await (await session.connection()).execute(_LOCK, {"tenant": session.tenant, "id": operation_id})


_PROGRESS = text(
    """UPDATE operation SET status = 'running', done = :done, total = coalesce(:total, total)
WHERE commissioner_id = :tenant AND id = :id AND status IN ('queued', 'running')"""
)
_FINISH = text(
    """UPDATE operation SET status = :status, result = coalesce(CAST(:result AS jsonb), result),
       problem = CAST(:problem AS jsonb), total = coalesce(:total, total),
       done = CASE WHEN :status = 'succeeded' THEN coalesce(:total, total, done) ELSE done END, finished_at = clock_timestamp()
WHERE commissioner_id = :tenant AND id = :id AND status IN ('queued', 'running')"""
)


async def record_progress(session: Tx, operation_id: UUID, *, done: int, total: int | None = None) -> None:
    await (await session.connection()).execute(
        _PROGRESS, {"tenant": session.tenant, "id": operation_id, "done": done, "total": total}
    )


async def succeed(
    session: Tx, operation_id: UUID, *, result: dict[str, Any] | None = None, total: int | None = None
) -> None:
    """`total` is for work whose size was known only in the end."""
    await _finish(session, operation_id, "succeeded", result=result, total=total)


async def fail(session: Tx, operation_id: UUID, error: DomainError) -> None:
    await _finish(session, operation_id, "failed", problem=problem_document(error))


async def _finish(
    session: Tx,
    operation_id: UUID,
    status: str,
    *,
    result: dict[str, Any] | None = None,
    problem: dict[str, Any] | None = None,
    total: int | None = None,
) -> None:
    await (await session.connection()).execute(
        _FINISH,
        {
            "tenant": session.tenant,
            "id": operation_id,
            "status": status,
            "total": total,
            "result": None if result is None else msgspec.json.encode(result).decode(),
            "problem": None if problem is None else msgspec.json.encode(problem).decode(),
        },
    )
