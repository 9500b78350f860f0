"""Whom an issue asks and who follows it: what practices are shown, and what messages are sent from."""

from datetime import date, datetime
from uuid import UUID

from app.core.clock import london_date
from app.core.db import Tx
from app.forums.repository import IssueRepository, MemberRepository, ResponseRepository, SupporterRepository
from app.forums.tables import Issue
from app.forums.values import (
    Decision,
    Followers,
    IssueInWords,
    IssueRef,
    IssueState,
    LadderLevel,
    OpenIssue,
    Voice,
    VoiceType,
)
from app.organisations import service as organisations


async def asked_by(session: Tx, issue: Issue, *, today: date) -> list[str]:
    """The practices that an issue asks: those it names, or all at its level; members of today only."""
    members = await organisations.list_member_codes(session, on=today)
    if issue.practices is not None:
        return sorted(set(issue.practices) & set(members))
    if issue.level == LadderLevel.COMMISSIONER:
        return members
    if issue.level == LadderLevel.LOCALITY and issue.locality_id is not None:
        inside = await organisations.practices_in_locality(session, issue.locality_id, on=today)
        return sorted(set(inside) & set(members))
    return [code for code in members if code == issue.practice]


def voice_of(issue: Issue) -> Voice:
    return Voice(forum_id=issue.forum_id) if issue.forum_id else Voice(practice=issue.practice)


async def get_issue(session: Tx, issue_id: UUID) -> IssueRef:
    row = await IssueRepository(session, session.tenant).get(issue_id)
    return IssueRef(
        id=row.id,
        title=row.title,
        level=LadderLevel(row.level),
        state=IssueState(row.state),
        raised_at=row.raised_at,
        raised_by=voice_of(row),
    )


async def issue_in_words(session: Tx, issue_id: UUID, practice: str, *, today: date) -> IssueInWords:
    """The issue, for the people of a practice that may be asked to answer it."""
    row = await IssueRepository(session, session.tenant).get(issue_id)
    given = await ResponseRepository(session, session.tenant).find_current(
        issue_id, practice=practice, locality_id=None
    )
    return IssueInWords(
        title=row.title,
        body=row.body,
        state=IssueState(row.state),
        raised_by=VoiceType.FORUM if row.forum_id else VoiceType.PRACTICE,
        raised_at=row.raised_at,
        is_asked=practice in await asked_by(session, row, today=today) or practice == row.practice,
        answered=None if given is None else Decision(given.decision),
        answer=None if given is None else given.text,
        answered_at=None if given is None else given.responded_at,
    )


async def list_asked(session: Tx, issue_id: UUID, *, today: date) -> list[str]:
    """The practices to be told of a new issue, sorted."""
    return await asked_by(session, await IssueRepository(session, session.tenant).get(issue_id), today=today)


async def list_followers(session: Tx, issue_id: UUID) -> Followers:
    """Who is to be told of an answer: whoever raised the issue or supports it."""
    issue = await IssueRepository(session, session.tenant).get(issue_id)
    voices = [voice_of(issue), *await SupporterRepository(session, session.tenant).list_voices(issue_id)]
    forums = frozenset(voice.forum_id for voice in voices if voice.forum_id)
    return Followers(
        practices=frozenset(voice.practice for voice in voices if voice.practice),
        forums=forums,
        people=await MemberRepository(session, session.tenant).list_people_of(forums),
    )


async def list_open_issues(session: Tx, practice: str, *, limit: int, now: datetime) -> list[OpenIssue]:
    """Open issues that a practice has to do with: first those that wait for its answer, then newest first."""
    locality_id = await organisations.locality_of(session, practice, on=london_date(now))
    rows = await IssueRepository(session, session.tenant).list_open_for(practice, locality_id, limit=limit)
    return [OpenIssue(row.id, row.title, LadderLevel(row.level), row.raised_at, needs) for row, needs in rows]
