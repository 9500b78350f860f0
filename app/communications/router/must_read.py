"""HTTP of what has to be read: its versions, and how far each practice is."""

import csv
import io
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.router.root import router
from app.communications.schemas import must_read as schemas
from app.communications.values import DutyCounts, PracticeDuty
from app.core.auth import require
from app.core.clock import utc_text
from app.core.db import Transaction
from app.core.http import Serving, accepted, paged
from app.core.operations import Operation, operation_answer
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.sheets import safe_text

_COLUMNS = ("practice", "asked_at", "asked", "read", "acknowledged_at", "acknowledged_by", "via", "outstanding_since",
            "asked_in_their_place")  # fmt: skip


@router.post(
    "/v1/announcements/{announcement_id}/versions",
    status_code=202,
    responses=error_responses(
        errors.AnnouncementNotFound,
        errors.NothingToAcknowledge,
        errors.AcknowledgementPast,
        errors.NotForEachPractice,
    ),
)
async def publish_announcement_version(
    announcement_id: UUID,
    body: schemas.AnnouncementVersionIn,
    caller: Annotated[Principal, require("announcements:write")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Operation:
    """Another version of what has to be read: everybody who is meant by now is asked again, by a day of its own. Who
    acknowledged an earlier version stays known under that version.
    """
    new = service.NewVersion(body.body_markdown.strip(), body.must_acknowledge_by, body.reason)
    operation = await service.publish_announcement_version(
        session, caller, announcement_id, new, now=serving.clock.now()
    )
    accepted(response, operation.id)
    return operation_answer(operation)


@router.get(
    "/v1/announcements/{announcement_id}/acknowledgements",
    responses=error_responses(errors.AnnouncementNotFound)
    | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    response_model=schemas.PracticeReadingPage,
)
async def list_announcement_acknowledgements(
    announcement_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Annotated[Principal, require("announcements:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> Any:
    """How far each practice is with the version that is asked for now: who acknowledged it and when, since when it is late,
    and who was asked in their place. For whoever follows the deliveries; a practice sees its own. With `Accept: text/csv`
    a row for each practice.
    """
    row, page, counts = await service.list_duties(
        session, caller, announcement_id, params=params, cursors=serving.cursors, now=serving.clock.now()
    )
    body = paged(request, response, page.map(_shown))
    accepts = request.headers.get("accept", "")
    if "text/csv" in accepts and "application/json" not in accepts:
        return Response(_csv(page.rows), media_type="text/csv; charset=utf-8", headers=dict(response.headers))
    return body | {"edition": row.edition, "counts": _counts(counts)}


def _counts(counts: DutyCounts) -> dict[str, int]:
    left = counts.practices - counts.acknowledged
    return {"practices": counts.practices, "acknowledged": counts.acknowledged, "outstanding": left}


def _shown(duty: PracticeDuty) -> schemas.PracticeReading:
    who = duty.person_id
    return schemas.PracticeReading(
        practice=duty.practice,
        asked_at=duty.asked_at,
        asked=duty.asked,
        read=duty.read,
        person=schemas.ReadBy(id=who, name=duty.person_name) if who else None,
        via=duty.via,
        acknowledged_at=duty.acknowledged_at,
        outstanding_since=duty.outstanding_since,
        asked_in_their_place=duty.asked_in_their_place,
    )


def _csv(rows: list[PracticeDuty]) -> str:
    written = io.StringIO(newline="")
    sheet = csv.writer(written)
    sheet.writerow(_COLUMNS)
    for each in rows:
        done = utc_text(each.acknowledged_at) if each.acknowledged_at else ""
        sheet.writerow(
            (each.practice, utc_text(each.asked_at), each.asked, each.read, done, safe_text(each.person_name or ""),
             each.via or "", each.outstanding_since or "", each.asked_in_their_place or "")
        )  # fmt: skip
    return written.getvalue()
