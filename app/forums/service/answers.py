"""Answers to issues: by a practice for itself, by a locality, by the commissioner."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.events import emit
from app.core.principal import Principal
from app.core.repository import Expected
from app.forums import rules
from app.forums.errors import IssueMergedAway, NotAsked
from app.forums.events import IssueAnswered
from app.forums.repository import IssueRepository, ResponseRepository
from app.forums.service.asking import asked_by
from app.forums.service.looking import check_unchanged, sight_of
from app.forums.tables import Issue, IssueResponse
from app.forums.values import IssueState, LadderLevel, NewAnswer
from app.organisations import service as organisations

RESPOND = "issues:respond"


@dataclass(frozen=True, slots=True)
class _Responder:
    level: LadderLevel
    practice: str | None = None
    locality_id: UUID | None = None


async def respond(
    session: Tx, caller: Principal, issue_id: UUID, given: NewAnswer, *, expected: Expected, now: datetime
) -> IssueResponse:
    """Answer an issue. A new answer of the same responder supersedes the one before; both stay."""
    today = london_date(now)
    sight = await sight_of(session, caller, today=today)
    # The lock lets the answers to one issue follow each other, so that the last one closes it.
    issue = await IssueRepository(session, session.tenant).get_seen(issue_id, sight, for_update=True)
    await check_unchanged(session, caller, issue, expected, today=today)
    if issue.state == IssueState.MERGED:
        raise IssueMergedAway
    who = await _responder(session, caller, issue, given.practice)
    asked = await asked_by(session, issue, today=today)
    if who.practice is not None and who.practice not in asked and who.practice != issue.practice:
        raise NotAsked
    response = await _replace(session, caller, issue, who, given, now=now)
    closes = await _close(session, issue, who, asked, now=now)
    audit(session, "issue.answered", issue.id, level=who.level.value, decision=given.decision.value)
    answered = IssueAnswered(
        subject=str(issue.id),
        response=str(response.id),
        level=who.level.value,
        practice=who.practice,
        closes=closes,
    )
    emit(session, answered)
    return response


async def _responder(session: Tx, caller: Principal, issue: Issue, practice: str | None) -> _Responder:
    own = caller.practices(RESPOND)
    if practice is not None:
        await organisations.get_practice(session, practice)
        if practice not in own:
            raise Forbidden("A practice answers for itself only; leave `practice` out to answer for your office.")
        return _Responder(LadderLevel.PRACTICE, practice)
    if caller.covers_commissioner(RESPOND):
        return _Responder(LadderLevel.COMMISSIONER)
    if areas := caller.localities(RESPOND):
        if str(issue.locality_id) not in areas:
            raise NotAsked("The issue does not lie with your locality.")
        return _Responder(LadderLevel.LOCALITY, locality_id=issue.locality_id)
    if len(own) != 1:
        raise Forbidden("Name the practice that you answer for.")
    return _Responder(LadderLevel.PRACTICE, next(iter(own)))


async def _replace(
    session: Tx, caller: Principal, issue: Issue, who: _Responder, given: NewAnswer, *, now: datetime
) -> IssueResponse:
    repository = ResponseRepository(session, session.tenant)
    earlier = await repository.find_current(issue.id, practice=who.practice, locality_id=who.locality_id)
    if earlier is not None:
        earlier.superseded_at = now
        session.add(earlier)
        await session.flush()  # the key of the current answer has to be free
    response = IssueResponse(
        commissioner_id=session.tenant,
        issue_id=issue.id,
        level=who.level.value,
        practice=who.practice,
        locality_id=who.locality_id,
        decision=given.decision.value,
        text=given.text,
        due_on=given.due_on,
        may_be_named=given.may_be_named,
        by_person=caller.person_id,
        responded_at=now,
    )
    session.add(response)
    await session.flush()  # it is counted among the answers below
    return response


async def _close(session: Tx, issue: Issue, who: _Responder, asked: list[str], *, now: datetime) -> bool:
    rows = await ResponseRepository(session, session.tenant).list_current([issue.id])
    waiting = len(set(asked) - {row.practice for row in rows})
    is_closed = rules.closes(
        LadderLevel(issue.level), origin=LadderLevel(issue.origin), answered_at=who.level, waiting=waiting
    )
    if is_closed and issue.state == IssueState.OPEN:
        issue.state, issue.answered_at = IssueState.ANSWERED.value, now
        session.add(issue)
    return is_closed
