"""HTTP of the meetings slice."""

import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import ValidationError
from pydantic_core import from_json

from app.core.auth import require
from app.core.db import Transaction, Tx
from app.core.errors import FieldError, MalformedJson, PreconditionFailed, PreconditionRequired, UnsupportedMedia
from app.core.http import MayMatch, MustMatch, Serving, make_router, paged
from app.core.input_problems import refused_input
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.meetings import rules, schemas, service, tables
from app.meetings.errors import (
    AttendanceConfirmed,
    AttendanceInvalid,
    MeetingHasAttendance,
    MeetingNoEvidence,
    MeetingNotFound,
    MeetingNotHeld,
    MeetingPlaceInvalid,
    MeetingSchemeUnknown,
)
from app.meetings.repository import AttendanceRepository, MeetingRepository
from app.meetings.values import SchemeEvidence, Spreadsheets
from app.organisations.errors import FileRefused

router = make_router("meetings")
_SHEET_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
COLUMNS = ("name", "practice", "role", "from", "until")
Writer = Annotated[Principal, require("meetings:write")]
Viewer = Annotated[Principal, require("meetings:read")]


async def _shown(session: Tx, caller: Principal, meeting: tables.Meeting, response: Response) -> schemas.Meeting:
    attended = len(await AttendanceRepository(session, session.tenant).list_versions(meeting.id))
    if service.sees_joining(caller):
        response.headers["ETag"] = rules.meeting_tag(meeting.version, attended)
    return _answer(caller, meeting, attended)


def _answer(caller: Principal, meeting: tables.Meeting, attended: int) -> schemas.Meeting:
    members = {name: getattr(meeting, name) for name in schemas.Meeting.model_fields if hasattr(meeting, name)}
    if not service.sees_joining(caller):
        members["joining"] = None
    return schemas.Meeting(**members, forum=meeting.forum_id, scheme=meeting.scheme_id, attended=attended)


@router.post(
    "/v1/meetings",
    status_code=201,
    responses=error_responses(MeetingPlaceInvalid, MeetingSchemeUnknown, MeetingNoEvidence),
)
async def plan_meeting(
    body: schemas.MeetingIn, caller: Writer, session: Transaction, serving: Serving, response: Response
) -> schemas.Meeting:
    """Plan a meeting. With a scheme and a measure, whoever attends is evidence for that scheme: such meetings are for the
    commissioner's office that answers for evidence, and for a practice's own list, which somebody else confirms.

    A meeting that the scheme's versions would not count is refused: of another time, or with a measure that no definition
    reads. Before a version is published only the scheme's year is compared.
    """
    evidence = serving.part(SchemeEvidence)
    meeting = await service.plan_meeting(session, caller, body.planned(), evidence=evidence, now=serving.clock.now())
    response.headers["Location"] = f"/v1/meetings/{meeting.id}"
    return await _shown(session, caller, meeting, response)


@router.get("/v1/meetings")
async def list_meetings(
    params: Annotated[schemas.MeetingParams, Query()],
    caller: Viewer,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.MeetingPage:
    """Meetings in the order of their start: a practice's own for that practice and the office, a locality's for whoever
    belongs to it, the others for everybody. An intranet is not shown how to join.
    """
    repository = MeetingRepository(session, session.tenant)
    sight = await service.sight_of(session, caller, today=serving.today())
    page = await repository.list_page(
        sight, since=params.since, level=params.level, forum_id=None, params=params, cursors=serving.cursors
    )
    counts = await AttendanceRepository(session, session.tenant).count_by_meeting([row.id for row in page.rows])
    return paged(request, response, page.map(lambda row: _answer(caller, row, counts.get(row.id, 0))))


@router.get("/v1/meetings/{meeting_id}", responses=error_responses(MeetingNotFound))
async def get_meeting(
    meeting_id: UUID, caller: Viewer, session: Transaction, serving: Serving, response: Response
) -> schemas.Meeting:
    """One meeting that you may see."""
    sight = await service.sight_of(session, caller, today=serving.today())
    meeting = await MeetingRepository(session, session.tenant).get_seen(meeting_id, sight)
    return await _shown(session, caller, meeting, response)


@router.patch(
    "/v1/meetings/{meeting_id}",
    responses=error_responses(
        MeetingNotFound,
        MeetingHasAttendance,
        MeetingNoEvidence,
        AttendanceInvalid,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def change_meeting(
    meeting_id: UUID,
    body: schemas.MeetingPatch,
    caller: Writer,
    session: Transaction,
    expected: MustMatch,
    serving: Serving,
    response: Response,
) -> schemas.Meeting:
    """Change a meeting's words; its times too, while nobody is on its attendance list."""
    changes = body.model_dump(exclude_unset=True)
    evidence = serving.part(SchemeEvidence)
    meeting = await service.change_meeting(
        session, caller, meeting_id, changes, evidence=evidence, expected=expected, now=serving.clock.now()
    )
    await session.flush()  # the row's version is raised by the flush
    return await _shown(session, caller, meeting, response)


def _attendance_body() -> dict[str, Any]:
    line = schemas.AttendanceLine.model_json_schema()
    whole = {
        "type": "object",
        "description": schemas.AttendanceIn.__doc__,
        "required": ["attendance"],
        "additionalProperties": False,
        "properties": {"attendance": {"type": "array", "maxItems": 2000, "items": line}},
    }
    csv_example = "name,practice,role,from,until\nDr Ana Field,ZZ0101,gp,13:00,17:00\n"
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": whole,
                    "example": schemas.ATTENDANCE,
                },
                "text/csv": {"schema": {"type": "string"}, "example": csv_example},
            },
        }
    }


async def _lines(request: Request, sheets: Spreadsheets) -> list[schemas.AttendanceLine]:
    """The list from a JSON or CSV body, by its content type."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == "application/json":
        try:
            given = from_json(body)
        except ValueError:
            raise MalformedJson from None
    elif kind == "text/csv":
        given = {"attendance": _csv_rows(body, sheets)}
    else:
        raise UnsupportedMedia("Send application/json or text/csv.")
    try:
        return schemas.AttendanceIn.model_validate(given).attendance
    except ValidationError as error:
        raise refused_input(error, given) from None


def _csv_rows(body: bytes, sheets: Spreadsheets) -> list[dict[str, str]]:
    try:
        headings, *rows = sheets.read_rows(body)
    except FileRefused as refused:
        raise AttendanceInvalid(f"{refused.title} {refused.detail or ''}".strip()) from None
    if not rows:
        # A sheet that was not filled in is no wish to take everybody back; an empty list in JSON is.
        raise AttendanceInvalid("There is no row below the headings. To take everybody back, send an empty JSON list.")
    columns = [heading.lower() for heading in headings]
    if not {"name", "practice", "role"} <= set(columns) or not set(columns) <= set(COLUMNS):
        raise AttendanceInvalid(f"The first line has to name the columns {', '.join(COLUMNS)}.")
    wide = [
        FieldError(f"/attendance/{number}", "imports.wrong_width", f"More than {len(columns)} cells; quote commas.")
        for number, row in enumerate(rows)
        if any(row[len(columns) :])
    ]
    if wide:
        raise AttendanceInvalid(errors=wide)
    # Empty cells are left out, so that they mean the whole meeting.
    return [{column: _cell(column, text) for column, text in zip(columns, row, strict=False) if text} for row in rows]


def _cell(column: str, text: str) -> str:
    """Spreadsheets write nine o'clock as 9:00 or 09:00:00."""
    found = _SHEET_TIME.fullmatch(text) if column in ("from", "until") else None
    return f"{found[1]:0>2}:{found[2]}" if found else text


@router.put(
    "/v1/meetings/{meeting_id}/attendance",
    responses=error_responses(
        MeetingNotFound, MeetingNotHeld, AttendanceConfirmed, AttendanceInvalid, UnsupportedMedia, PreconditionFailed
    ),
    openapi_extra=_attendance_body(),
)
async def record_attendance(
    meeting_id: UUID,
    request: Request,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.AttendanceOutcome:
    """The attendance list, whole, as JSON or CSV. Each attendance becomes one fact for the meeting's scheme, if the
    practice is in it on that day or as soon as it is, and CPD hours for the person, once. The same list again changes nothing; a correction moves its own fact and hours only.

    The office's list confirms its facts, but not those of a practice in which you have a post. A practice's list of its own
    meeting holds that practice's people alone, leaves those of others as they are, and enters facts. Somebody else confirms
    what has `confirmed: false`; from then on a list that could not confirm a line neither changes it nor takes it back.
    `If-Match` takes the list's own tag, which this answer and reading the list give.
    """
    listed = [line.listed() for line in await _lines(request, serving.part(Spreadsheets))]
    found = await service.record_attendance(
        session, caller, meeting_id, listed, now=serving.clock.now(), expected=expected
    )
    await session.flush()  # the new rows are read back below
    repository = AttendanceRepository(session, session.tenant)
    response.headers["ETag"] = rules.attendance_tag(await repository.list_versions(meeting_id))
    own = service.practice_of_list(caller, await MeetingRepository(session, session.tenant).get(meeting_id))
    return _outcome(found, await repository.list_of(meeting_id, practice=own))


def _outcome(found: rules.Difference, rows: Any) -> schemas.AttendanceOutcome:
    return schemas.AttendanceOutcome(
        added=len(found.added),
        changed=len(found.changed),
        removed=len(found.removed),
        unchanged=found.unchanged,
        data=[_attendance(row) for row in rows],
    )


def _attendance(row: tables.Attendance) -> schemas.Attendance:
    return schemas.Attendance(
        id=row.id,
        name=row.name,
        practice=row.practice,
        role=row.role,
        person_id=row.person_id,
        from_at=row.from_at,
        until_at=row.until_at,
        minutes=row.minutes,
        confirmed=row.is_confirmed,
    )


@router.get("/v1/meetings/{meeting_id}/attendance", responses=error_responses(MeetingNotFound))
async def list_attendance(
    meeting_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Annotated[Principal, require("attendance:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.AttendancePage:
    """Who attended, by practice. A practice or a locality sees its own people; the office, and whoever may write the list,
    sees everybody.
    """
    today = serving.today()
    sight = await service.sight_of(session, caller, today=today)
    meeting = await MeetingRepository(session, session.tenant).get_seen(meeting_id, sight)
    practices = await service.listed_practices(session, caller, meeting, today=today)
    repository = AttendanceRepository(session, session.tenant)
    response.headers["ETag"] = rules.attendance_tag(await repository.list_versions(meeting_id))
    page = await repository.list_page(meeting_id, practices=practices, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_attendance))
