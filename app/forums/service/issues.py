"""Issues and their ladder: raise, support, escalate, return, merge."""

import math
from datetime import date, datetime, timedelta
from uuid import UUID

from app.core.audit import audit
from app.core.clock import london_date, london_midnight, utc_text
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.events import emit
from app.core.principal import Principal
from app.core.repository import Expected
from app.forums import rules
from app.forums.errors import BottomOfLadder, IssueMergedAway, IssueNotFound, MergeInvalid, TooManyIssues, TopOfLadder
from app.forums.events import IssueMoved, IssueRaised
from app.forums.repository import IssueRepository, SupporterRepository
from app.forums.service.asking import voice_of
from app.forums.service.looking import check_unchanged, sight_of
from app.forums.service.reach import reaches, require_voice
from app.forums.tables import Issue, IssueStep
from app.forums.values import MOST_ISSUES_A_DAY, Action, IssueState, LadderLevel, NewIssue, Voice
from app.organisations import service as organisations

MOVE = "issues:move"


async def raise_issue(session: Tx, caller: Principal, given: NewIssue, voice: Voice, *, now: datetime) -> Issue:
    """Raise an issue at the level of whoever raises it."""
    forum = await require_voice(session, caller, voice, today=london_date(now))
    practices = sorted(set(given.practices)) if given.practices is not None else None
    if practices is not None:
        await organisations.get_practices(session, practices)
    await _require_quiet(session, caller, voice, now=now)
    level = LadderLevel(forum.level) if forum else LadderLevel.PRACTICE
    issue = Issue(
        commissioner_id=session.tenant,
        title=given.title,
        body=given.body,
        topic=given.topic,
        forum_id=forum.id if forum else None,
        practice=forum.practice if forum else voice.practice,
        locality_id=forum.locality_id if forum else None,
        origin=level.value,
        level=level.value,
        practices=practices,
        state=IssueState.OPEN.value,
        raised_by=caller.person_id,
        raised_at=now,
    )
    session.add(issue)
    await session.flush()  # the step refers to the issue
    _note(session, caller, issue, Action.RAISED, reason=None, now=now)
    audit(session, "issue.raised", issue.id, level=level.value)
    emit(session, IssueRaised(subject=str(issue.id), level=level.value))
    return issue


async def _require_quiet(session: Tx, caller: Principal, voice: Voice, *, now: datetime) -> None:
    """A day in London has room for so many issues of a person who speaks for a forum, and of a practice."""
    today = london_date(now)
    repository = IssueRepository(session, session.tenant)
    speaker = caller.person_id if voice.practice is None else None
    # Of two that are raised at once the later one counts the earlier.
    await repository.lock_voice(speaker or voice.forum_id or voice.practice)
    if await repository.count_raised(voice, speaker, since=london_midnight(today)) < MOST_ISSUES_A_DAY:
        return
    again = london_midnight(today + timedelta(days=1))
    wait = math.ceil((again - now).total_seconds())
    detail = f"{MOST_ISSUES_A_DAY} issues a day at most; the next can be raised from {utc_text(again)}."
    raise TooManyIssues(detail, headers={"Retry-After": str(wait)})


async def support_issue(
    session: Tx, caller: Principal, issue_id: UUID, voice: Voice, *, expected: Expected, now: datetime
) -> Issue:
    """Support an issue, once; whoever raised it supports it anyway."""
    today = london_date(now)
    issue = await _lock(session, caller, issue_id, expected=expected, today=today)
    await require_voice(session, caller, voice, today=today)
    if voice != voice_of(issue) and await SupporterRepository(session, session.tenant).add(issue.id, [voice], now=now):
        audit(session, "issue.supported", issue.id)
    return issue


async def escalate_issue(
    session: Tx, caller: Principal, issue_id: UUID, *, reason: str | None, expected: Expected, now: datetime
) -> Issue:
    """One level up. An issue that was answered is open again: somebody was not content with the answer."""
    today = london_date(now)
    issue = await _lock(session, caller, issue_id, expected=expected, today=today)
    await _require_move(session, caller, issue, today=today)
    if issue.locality_id is None and issue.practice is not None:
        issue.locality_id = await organisations.locality_of(session, issue.practice, on=today)
    level = rules.above(LadderLevel(issue.level), has_locality=issue.locality_id is not None)
    if level is None:
        raise TopOfLadder
    return _move(session, caller, issue, level, Action.ESCALATED, reason=reason, now=now)


async def return_issue(
    session: Tx, caller: Principal, issue_id: UUID, *, reason: str, expected: Expected, now: datetime
) -> Issue:
    """One level down, with a reason that whoever raised it can read."""
    today = london_date(now)
    issue = await _lock(session, caller, issue_id, expected=expected, today=today)
    await _require_move(session, caller, issue, today=today)
    level = rules.below(
        LadderLevel(issue.level), origin=LadderLevel(issue.origin), has_locality=issue.locality_id is not None
    )
    if level is None:
        raise BottomOfLadder
    return _move(session, caller, issue, level, Action.RETURNED, reason=reason, now=now)


async def merge_issue(
    session: Tx, caller: Principal, issue_id: UUID, *, into: UUID, expected: Expected, now: datetime
) -> Issue:
    """Make one issue part of another, which keeps whoever raised or supports either. Returns the one that goes on."""
    today = london_date(now)
    sight = await sight_of(session, caller, today=today)
    found = await IssueRepository(session, session.tenant).lock_both(issue_id, into, sight)
    if issue_id not in found or into not in found:
        raise IssueNotFound
    issue, target = found[issue_id], found[into]
    await check_unchanged(session, caller, issue, expected, today=today)
    if issue_id == into or IssueState.MERGED in (issue.state, target.state):
        raise MergeInvalid
    await _require_move(session, caller, issue, today=today)
    await _require_move(session, caller, target, today=today)
    supporters = SupporterRepository(session, session.tenant)
    voices = {voice_of(issue), *await supporters.list_voices(issue.id)} - {voice_of(target)}
    await supporters.add(target.id, voices, now=now)
    issue.state, issue.merged_into = IssueState.MERGED.value, target.id
    _note(session, caller, issue, Action.MERGED, reason=None, now=now)
    audit(session, "issue.merged", issue.id, into=str(target.id))
    emit(session, IssueMoved(subject=str(issue.id), action=Action.MERGED.value, level=issue.level))
    return target


async def _lock(session: Tx, caller: Principal, issue_id: UUID, *, expected: Expected, today: date) -> Issue:
    # The lock orders moves, answers and merges of one issue.
    sight = await sight_of(session, caller, today=today)
    issue = await IssueRepository(session, session.tenant).get_seen(issue_id, sight, for_update=True)
    await check_unchanged(session, caller, issue, expected, today=today)
    if issue.state == IssueState.MERGED:
        raise IssueMergedAway
    return issue


async def _require_move(session: Tx, caller: Principal, issue: Issue, *, today: date) -> None:
    place = {"level": issue.level, "locality_id": issue.locality_id, "practice": issue.practice}
    if not await reaches(session, caller, MOVE, **place, today=today):
        raise Forbidden("Your role does not reach the level where this issue lies.")


def _move(
    session: Tx,
    caller: Principal,
    issue: Issue,
    level: LadderLevel,
    action: Action,
    *,
    reason: str | None,
    now: datetime,
) -> Issue:
    issue.level, issue.state, issue.answered_at = level.value, IssueState.OPEN.value, None
    _note(session, caller, issue, action, reason=reason, now=now)
    audit(session, f"issue.{action.value}", issue.id, level=level.value)
    emit(session, IssueMoved(subject=str(issue.id), action=action.value, level=level.value))
    return issue


def _note(session: Tx, caller: Principal, issue: Issue, action: Action, *, reason: str | None, now: datetime) -> None:
    step = IssueStep(
        commissioner_id=session.tenant,
        issue_id=issue.id,
        action=action.value,
        level=issue.level,
        reason=reason,
        by_person=caller.person_id,
        taken_at=now,
    )
    session.add(step)
