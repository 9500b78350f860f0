"""The audit log."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.core import records
from app.core.auth import require
from app.core.clock import Instant
from app.core.db import Transaction
from app.core.http import PageModel, Serving, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.router.root import router


class AuditRecord(BaseModel):
    """Who did what to which thing. `detail` holds ids, codes and figures, never names."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198c0de-0000-7000-8000-00000000a001",
                    "at": "2026-11-22T10:00:00Z",
                    "action": "key.created",
                    "subject": "0198c0de-0000-7000-8000-00000000a002",
                    "credential_id": "0198c0de-0000-7000-8000-00000000a003",
                    "person_id": "0198c0de-0000-7000-8000-00000000a004",
                    "via": "api",
                    "request_id": "7d1c1f0e-55a1-4d4c-a3a5-1e4c1f8f2f10",
                    "correlation_id": "7d1c1f0e-55a1-4d4c-a3a5-1e4c1f8f2f10",
                    "detail": {"role": "auditor", "boundary": "commissioner", "boundary_id": "ZZ1"},
                }
            ]
        }
    )

    id: UUID
    at: Instant
    action: str
    subject: str
    credential_id: UUID | None
    person_id: UUID | None
    via: str
    request_id: str | None
    correlation_id: str | None
    detail: dict[str, Any]


class AuditPage(PageModel):
    data: list[AuditRecord]


class AuditParams(PageParams):
    subject: str | None = Field(default=None, max_length=200, description="The id or code of one thing.")
    action: str | None = Field(default=None, max_length=100, description="Such as `payment_run.approved`.")
    person_id: UUID | None = Field(default=None, description="Whoever acted.")


@router.get("/v1/audit-entries")
async def list_audit_entries(
    params: Annotated[AuditParams, Query()],
    caller: Annotated[Principal, require("audit:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> AuditPage:
    """What was done, by whom and when, newest first. Nothing in it is ever changed or taken away."""
    wanted = params.model_dump(include={"subject", "action", "person_id"}, exclude_none=True)
    page = await records.list_audit_entries(session, wanted, params=params, cursors=serving.cursors)
    return paged(request, response, page)
