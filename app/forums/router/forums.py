"""Forums, their members, representation, meetings, and what they achieved."""

from collections import defaultdict
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.clock import london_date
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch, Serving, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.forums import service, tables
from app.forums.errors import ConsentInvalid, ForumClosed, ForumExists, ForumNotFound, MemberExists, MemberNotFound
from app.forums.repository import ForumRepository, IssueRepository, MemberRepository, ResponseRepository
from app.forums.router.root import router
from app.forums.schemas import answers as public
from app.forums.schemas import forums as schemas
from app.meetings import service as meetings
from app.meetings.values import MeetingRef
from app.organisations.errors import LocalityNotFound, PracticeNotFound

Public = Annotated[Principal, require("forums:public")]
Viewer = Annotated[Principal, require("forums:read")]
Writer = Annotated[Principal, require("forums:write")]


def _forum(row: tables.PatientForum) -> schemas.Forum:
    return schemas.Forum.model_validate(row, from_attributes=True)


def _member(row: tables.ForumMember, *, whole: bool = True) -> schemas.Member:
    """Not `whole` is for those who do not run the forum: patients are not each other's address book."""
    consent = {"given_on": row.consented_on, "by": row.consent_by}
    members = {name: getattr(row, name) for name in schemas.Member.model_fields if name != "consent"}
    members["consent"] = consent
    hidden = {} if whole else dict.fromkeys(("email", "role", "consent", "joined_on"))
    return schemas.Member.model_validate(members | hidden)


def _meeting(meeting: MeetingRef) -> schemas.ForumMeeting:
    return schemas.ForumMeeting.model_validate(meeting, from_attributes=True)


@router.post(
    "/v1/patient-forums",
    status_code=201,
    responses=error_responses(ForumExists, LocalityNotFound, PracticeNotFound),
)
async def create_patient_forum(
    body: schemas.ForumIn, caller: Writer, session: Transaction, serving: Serving, response: Response
) -> schemas.Forum:
    """Found a patient forum: the commissioner's, a locality's, or a practice's own patient group."""
    forum = await service.create_forum(session, caller, body.wanted(), now=serving.clock.now())
    response.headers["Location"] = f"/v1/patient-forums/{forum.id}"
    response.headers["ETag"] = version_etag(forum.version)
    return _forum(forum)


@router.get("/v1/patient-forums")
async def list_patient_forums(
    params: Annotated[schemas.ForumParams, Query()],
    caller: Public,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.ForumPage:
    """Forums by name. Who is in them is not shown here."""
    page = await ForumRepository(session, session.tenant).list_page(
        level=params.level,
        locality_id=params.locality_id,
        practice=params.practice,
        params=params,
        cursors=serving.cursors,
    )
    return paged(request, response, page.map(_forum))


@router.get("/v1/patient-forums/{forum_id}", responses=error_responses(ForumNotFound))
async def get_patient_forum(forum_id: UUID, caller: Public, session: Transaction, response: Response) -> schemas.Forum:
    """One forum."""
    forum = await ForumRepository(session, session.tenant).get(forum_id)
    response.headers["ETag"] = version_etag(forum.version)
    return _forum(forum)


@router.patch(
    "/v1/patient-forums/{forum_id}",
    responses=error_responses(ForumNotFound, ForumExists, PreconditionFailed, PreconditionRequired),
)
async def change_patient_forum(
    forum_id: UUID,
    body: schemas.ForumPatch,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> schemas.Forum:
    """Rename a forum, or close it from a date. What it said and what was done stays."""
    today = serving.today()
    changes = body.model_dump(exclude_unset=True)
    forum = await service.change_forum(session, caller, forum_id, changes, expected=expected, today=today)
    await session.flush()  # the row's version is raised by the flush
    response.headers["ETag"] = version_etag(forum.version)
    return _forum(forum)


@router.post(
    "/v1/patient-forums/{forum_id}/members",
    status_code=201,
    responses=error_responses(ForumNotFound, ForumClosed, MemberExists, ConsentInvalid, PracticeNotFound),
)
async def add_forum_member(
    forum_id: UUID,
    body: schemas.MemberIn,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> schemas.Member:
    """Take somebody into the forum who consented to be held here."""
    member = await service.add_member(session, caller, forum_id, body.wanted(), now=serving.clock.now())
    response.headers["Location"] = f"/v1/patient-forums/{forum_id}/members/{member.id}"
    response.headers["ETag"] = version_etag(member.version)
    return _member(member)


@router.get("/v1/patient-forums/{forum_id}/members", responses=error_responses(ForumNotFound))
async def list_forum_members(
    forum_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Viewer,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.MemberPage:
    """Who is in the forum: for its own members, for those who run it, and for the office. Who does not run it sees names and
    practices only.
    """
    forum = await ForumRepository(session, session.tenant).get(forum_id)
    whole = await service.require_members_seen(session, caller, forum, today=serving.today())
    page = await MemberRepository(session, session.tenant).list_page(forum_id, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(lambda row: _member(row, whole=whole)))


@router.get(
    "/v1/patient-forums/{forum_id}/members/{member_id}", responses=error_responses(ForumNotFound, MemberNotFound)
)
async def get_forum_member(
    forum_id: UUID, member_id: UUID, caller: Viewer, session: Transaction, serving: Serving, response: Response
) -> schemas.Member:
    """One member of the forum. Who does not run it sees the name and the practice only."""
    forum = await ForumRepository(session, session.tenant).get(forum_id)
    whole = await service.require_members_seen(session, caller, forum, today=serving.today())
    member = await MemberRepository(session, session.tenant).get_of(forum_id, member_id)
    response.headers["ETag"] = version_etag(member.version)
    return _member(member, whole=whole)


@router.patch(
    "/v1/patient-forums/{forum_id}/members/{member_id}",
    responses=error_responses(
        ForumNotFound, MemberNotFound, PracticeNotFound, PreconditionFailed, PreconditionRequired
    ),
)
async def change_forum_member(
    forum_id: UUID,
    member_id: UUID,
    body: schemas.MemberPatch,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> schemas.Member:
    """Change what a member does in the forum, or which practice's patients they speak for."""
    today = serving.today()
    changes = body.model_dump(exclude_unset=True)
    member = await service.change_member(session, caller, forum_id, member_id, changes, expected=expected, today=today)
    await session.flush()  # the row's version is raised by the flush
    response.headers["ETag"] = version_etag(member.version)
    return _member(member)


@router.delete(
    "/v1/patient-forums/{forum_id}/members/{member_id}",
    status_code=204,
    responses=error_responses(ForumNotFound, MemberNotFound, PreconditionFailed, PreconditionRequired),
)
async def remove_forum_member(
    forum_id: UUID, member_id: UUID, caller: Writer, session: Transaction, serving: Serving, expected: MustMatch
) -> None:
    """End a membership. The consent ends with it: the name and the address are erased at once."""
    today = serving.today()
    await service.remove_member(session, caller, forum_id, member_id, expected=expected, today=today)


@router.get("/v1/patient-forums/{forum_id}/representation", responses=error_responses(ForumNotFound))
async def get_forum_representation(
    forum_id: UUID, caller: Viewer, session: Transaction, serving: Serving
) -> schemas.Representation:
    """The practices whose patients have somebody in the forum, and those without a voice."""
    forum = await ForumRepository(session, session.tenant).get(forum_id)
    having, lacking = await service.represent(session, forum, today=serving.today())
    return schemas.Representation(
        practices=len(having) + len(lacking),
        with_voice=[schemas.PracticeName(code=code, name=name) for code, name in having],
        without_voice=[schemas.PracticeName(code=code, name=name) for code, name in lacking],
    )


@router.post(
    "/v1/patient-forums/{forum_id}/meetings",
    status_code=201,
    responses=error_responses(ForumNotFound, ForumClosed),
)
async def plan_forum_meeting(
    forum_id: UUID,
    body: schemas.ForumMeetingIn,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> schemas.ForumMeeting:
    """Plan a meeting of the forum."""
    meeting = await service.plan_forum_meeting(session, caller, forum_id, body.planned(), now=serving.clock.now())
    response.headers["Location"] = f"/v1/meetings/{meeting.id}"
    return _meeting(meeting)


@router.get("/v1/patient-forums/{forum_id}/meetings", responses=error_responses(ForumNotFound))
async def list_forum_meetings(
    forum_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Public,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.ForumMeetingPage:
    """The forum's meetings in the order of their start."""
    await ForumRepository(session, session.tenant).get(forum_id)
    page = await meetings.list_forum_meetings(session, forum_id, params=params, cursors=serving.cursors)
    sees_joining = meetings.sees_joining(caller)
    return paged(request, response, page.map(lambda row: _meeting(row if sees_joining else replace(row, joining=None))))


@router.get("/v1/patient-forums/{forum_id}/you-said-we-did", responses=error_responses(ForumNotFound))
async def list_you_said_we_did(
    forum_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Public,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> public.YouSaidWeDidPage:
    """What the forum asked and what was answered, newest first: public text only."""
    forum = await ForumRepository(session, session.tenant).get(forum_id)
    page = await IssueRepository(session, session.tenant).list_said(forum, params=params, cursors=serving.cursors)
    answers: defaultdict[UUID, list[public.Did]] = defaultdict(list)
    ids = [issue.id for issue in page.rows]
    for row in await ResponseRepository(session, session.tenant).list_public(ids, forum.practice):
        answers[row.issue_id].append(_did(row, forum.practice))
    shown = page.map(
        lambda issue: public.YouSaidWeDid(
            issue=issue.id, you_said=issue.title, raised_on=london_date(issue.raised_at), we_did=answers[issue.id]
        )
    )
    return paged(request, response, shown)


def _did(row: tables.IssueResponse, home: str | None) -> public.Did:
    is_named = row.practice == home or (row.may_be_named and row.decision == "already_done")
    return public.Did(
        level=row.level,  # pyright: ignore - the database holds only levels
        practice=row.practice if is_named else None,
        decision=row.decision,  # pyright: ignore - the database holds only decisions
        text=row.text,
        due_on=row.due_on,
        answered_on=london_date(row.responded_at),
    )
