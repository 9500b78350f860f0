"""The audit log: append-only by privilege, written in the transaction it describes."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.db import SET_TENANT, Tx
from app.core.ids import new_id


class AuditEntry(SQLModel, table=True):
    __tablename__ = "audit_entry"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    at: datetime
    action: str
    subject: str
    credential_id: UUID | None
    person_id: UUID | None
    via: str
    request_id: str | None
    correlation_id: str | None
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


def audit(session: Tx, action: str, subject: object, *, tenant: UUID | None = None, **detail: Any) -> None:
    """Note who did what to which thing. `detail` holds ids, codes and figures; never names, secrets or free text."""
    session.pending.audit.append(
        {
            "tenant": tenant or session.tenant,
            "id": new_id(),
            "action": action,
            "subject": str(subject),
            "detail": msgspec.json.encode(detail).decode(),
        }
    )
    session.pending.writers["audit"] = write_audit


_WRITE = text(
    """
INSERT INTO audit_entry (commissioner_id, id, at, action, subject, credential_id, person_id, via, request_id,
                         correlation_id, detail)
VALUES (:tenant, :id, clock_timestamp(), :action, :subject, :credential, :person, :via, :request, :correlation,
        CAST(:detail AS jsonb))
"""
)


async def write_audit(session: Tx) -> None:
    actor = session.pending.actor
    shared = {
        "credential": actor.credential_id,
        "person": actor.person_id,
        "via": actor.via,
        "request": actor.request_id,
        "correlation": actor.correlation_id,
    }
    connection = await session.connection()
    for tenant in sorted({row["tenant"] for row in session.pending.audit}):
        rows = [row | shared for row in session.pending.audit if row["tenant"] == tenant]
        await _in_tenant(session, connection, tenant, rows)
    session.pending.audit.clear()


async def _in_tenant(session: Tx, connection: Any, tenant: UUID, rows: list[dict[str, Any]]) -> None:
    own = session.pending.tenant
    if tenant != own:
        await connection.execute(SET_TENANT, {"tenant": str(tenant)})
    await connection.execute(_WRITE, rows)
    if tenant != own:
        await connection.execute(SET_TENANT, {"tenant": str(own) if own else ""})
