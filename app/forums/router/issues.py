"""Issues, their ladder, and the answers to them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction, Tx
from app.core.errors import PreconditionFailed
from app.core.http import MayMatch, Services, Serving, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.forums import rules, service, tables, values
from app.forums.errors import (
    BottomOfLadder,
    ForumClosed,
    ForumNotFound,
    IssueMergedAway,
    IssueNotFound,
    MergeInvalid,
    NotAsked,
    ResponseNotFound,
    TooManyIssues,
    TopOfLadder,
)
from app.forums.repository import IssueRepository, ResponseRepository, SupporterRepository
from app.forums.router.root import router
from app.forums.schemas import answers
from app.forums.schemas import issues as schemas
from app.forums.schemas.words import PracticeName
from app.organisations.errors import PracticeNotFound

Viewer = Annotated[Principal, require("issues:read")]
Raiser = Annotated[Principal, require("issues:raise")]
Responder = Annotated[Principal, require("issues:respond")]
Mover = Annotated[Principal, require("issues:move")]


def _voice(given: schemas.VoiceIn) -> values.Voice:
    if given.type is values.VoiceType.FORUM:
        return values.Voice(forum_id=UUID(given.id))
    return values.Voice(practice=given.id.strip().upper())


def _raised_by(row: tables.Issue) -> schemas.Voice:
    if row.forum_id is not None:
        return schemas.Voice(type=values.VoiceType.FORUM, id=str(row.forum_id))
    return schemas.Voice(type=values.VoiceType.PRACTICE, id=row.practice or "")


def _summary(row: tables.Issue, supporters: int) -> schemas.IssueSummary:
    return schemas.IssueSummary(
        id=row.id,
        title=row.title,
        topic=row.topic,
        raised_by=_raised_by(row),
        raised_at=row.raised_at,
        level=values.LadderLevel(row.level),
        state=values.IssueState(row.state),
        supporters=supporters,
    )


async def _shown(
    session: Tx, caller: Principal, row: tables.Issue, serving: Services, response: Response
) -> schemas.Issue:
    today = serving.today()
    await session.flush()  # the row's version is raised by the flush
    picture = await service.picture_of(session, caller, row, today=today)
    response.headers["ETag"] = rules.issue_tag(row.version, picture)
    return schemas.Issue(
        **_summary(row, picture.supporters).model_dump(exclude={"raised_at"}),
        raised_at=row.raised_at,
        body=row.body,
        practices=row.practices,
        locality_id=row.locality_id,
        answered_at=row.answered_at,
        merged_into=row.merged_into,
        comparable=picture.comparable,
        comparison=_comparison(picture),
        history=[schemas.Step.model_validate(step, from_attributes=True) for step in picture.steps],
    )


def _comparison(picture: values.Picture) -> schemas.Comparison | None:
    found = picture.comparison
    if found is None:
        return None
    return schemas.Comparison(
        asked=found.asked,
        answered=found.answered,
        already_done=found.already_done,
        planned=found.planned,
        declined=found.declined,
        named=[PracticeName(code=code, name=name) for code, name in picture.names],
        sentence=rules.sentence(found, compared=picture.is_compared),
    )


@router.post(
    "/v1/issues",
    status_code=201,
    responses=error_responses(ForumNotFound, ForumClosed, PracticeNotFound, TooManyIssues),
)
async def raise_issue(
    body: schemas.IssueIn, caller: Raiser, session: Transaction, serving: Serving, response: Response
) -> schemas.Issue:
    """Raise an issue for your forum or your practice. It starts at that forum's or practice's level of the ladder.

    A person raises ten for forums and a practice ten of its own on one day in London; another is 429 until the next.
    """
    issue = await service.raise_issue(session, caller, body.wanted(), _voice(body.raised_by), now=serving.clock.now())
    response.headers["Location"] = f"/v1/issues/{issue.id}"
    return await _shown(session, caller, issue, serving, response)


@router.get("/v1/issues")
async def list_issues(
    params: Annotated[schemas.IssueParams, Query()],
    caller: Viewer,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.IssuePage:
    """Issues that concern you, newest first: all for the office, those around you for a practice or a forum."""
    sight = await service.sight_of(session, caller, today=serving.today())
    page = await IssueRepository(session, session.tenant).list_page(
        sight,
        state=params.state,
        level=params.level,
        forum_id=params.forum,
        practice=params.practice,
        params=params,
        cursors=serving.cursors,
    )
    counts = await SupporterRepository(session, session.tenant).count_by_issue([row.id for row in page.rows])
    return paged(request, response, page.map(lambda row: _summary(row, counts.get(row.id, 0))))


@router.get("/v1/issues/{issue_id}", responses=error_responses(IssueNotFound))
async def get_issue(
    issue_id: UUID, caller: Viewer, session: Transaction, serving: Serving, response: Response
) -> schemas.Issue:
    """One issue, how it moved, and how comparable practices answered: never who kept silent."""
    sight = await service.sight_of(session, caller, today=serving.today())
    row = await IssueRepository(session, session.tenant).get_seen(issue_id, sight)
    return await _shown(session, caller, row, serving, response)


@router.post(
    "/v1/issues/{issue_id}/support",
    responses=error_responses(IssueNotFound, IssueMergedAway, ForumNotFound, ForumClosed, PreconditionFailed),
)
async def support_issue(
    issue_id: UUID,
    body: schemas.SupportIn,
    caller: Raiser,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.Issue:
    """Say that your forum or your practice wants this too. Saying it twice changes nothing."""
    issue = await service.support_issue(
        session, caller, issue_id, _voice(body.by), expected=expected, now=serving.clock.now()
    )
    return await _shown(session, caller, issue, serving, response)


@router.post(
    "/v1/issues/{issue_id}/escalate",
    responses=error_responses(IssueNotFound, IssueMergedAway, TopOfLadder, PreconditionFailed),
)
async def escalate_issue(
    issue_id: UUID,
    body: schemas.EscalateIn,
    caller: Mover,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.Issue:
    """Take the issue one level up: practice, locality, commissioner. It is open again."""
    issue = await service.escalate_issue(
        session, caller, issue_id, reason=body.reason, expected=expected, now=serving.clock.now()
    )
    return await _shown(session, caller, issue, serving, response)


@router.post(
    "/v1/issues/{issue_id}/return",
    responses=error_responses(IssueNotFound, IssueMergedAway, BottomOfLadder, PreconditionFailed),
)
async def return_issue(
    issue_id: UUID,
    body: schemas.ReturnIn,
    caller: Mover,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.Issue:
    """Hand the issue one level down, with a reason, never below where it was raised."""
    issue = await service.return_issue(
        session, caller, issue_id, reason=body.reason, expected=expected, now=serving.clock.now()
    )
    return await _shown(session, caller, issue, serving, response)


@router.post(
    "/v1/issues/{issue_id}/merge",
    responses=error_responses(IssueNotFound, MergeInvalid, PreconditionFailed),
)
async def merge_issue(
    issue_id: UUID,
    body: schemas.MergeIn,
    caller: Mover,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.Issue:
    """Make this issue part of another. The answer is the one that goes on, with the supporters of both."""
    issue = await service.merge_issue(
        session, caller, issue_id, into=body.into, expected=expected, now=serving.clock.now()
    )
    return await _shown(session, caller, issue, serving, response)


def _response(row: tables.IssueResponse) -> answers.Response:
    return answers.Response.model_validate(row, from_attributes=True)


@router.post(
    "/v1/issues/{issue_id}/responses",
    status_code=201,
    responses=error_responses(IssueNotFound, IssueMergedAway, NotAsked, PracticeNotFound, PreconditionFailed),
)
async def respond_to_issue(
    issue_id: UUID,
    body: answers.ResponseIn,
    caller: Responder,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> answers.Response:
    """Answer an issue for your practice, or for your locality or commissioner. Answering again replaces the answer."""
    given = await service.respond(session, caller, issue_id, body.wanted(), expected=expected, now=serving.clock.now())
    response.headers["Location"] = f"/v1/issues/{issue_id}/responses/{given.id}"
    return _response(given)


@router.get("/v1/issues/{issue_id}/responses", responses=error_responses(IssueNotFound))
async def list_issue_responses(
    issue_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Viewer,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> answers.ResponsePage:
    """The answers that you may read: those of the offices, your own, those you answer for, and those of practices that
    already do it and agreed to be named.
    """
    today = serving.today()
    sight = await service.sight_of(session, caller, today=today)
    issue = await IssueRepository(session, session.tenant).get_seen(issue_id, sight)
    seen = await service.answers_seen(session, caller, issue, today=today)
    page = await ResponseRepository(session, session.tenant).list_page(
        issue_id, seen, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(_response))


@router.get("/v1/issues/{issue_id}/responses/{response_id}", responses=error_responses(IssueNotFound, ResponseNotFound))
async def get_issue_response(
    issue_id: UUID, response_id: UUID, caller: Viewer, session: Transaction, serving: Serving
) -> answers.Response:
    """One answer that you may read."""
    today = serving.today()
    sight = await service.sight_of(session, caller, today=today)
    issue = await IssueRepository(session, session.tenant).get_seen(issue_id, sight)
    seen = await service.answers_seen(session, caller, issue, today=today)
    return _response(await ResponseRepository(session, session.tenant).get_of(issue_id, response_id, seen))
