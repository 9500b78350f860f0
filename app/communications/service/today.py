"""What matters to a practice today, gathered from the slices that know. What the caller may not see is None."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from app.calculation.values import PracticeResult
from app.communications.repository import inbox
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.service.audiences import sight_of as announcements_seen
from app.communications.values import DatedMeeting, ExpectedMoney, News, Task, Today
from app.core.clock import Period, add_months, london_date, quarter_start
from app.core.db import Tx
from app.core.principal import Principal
from app.core.wording import span_text
from app.forums.service import list_open_issues, sight_of
from app.forums.values import OpenIssue
from app.meetings.service import list_next_meetings
from app.organisations.service import get_practice, localities_of, reaches
from app.organisations.values import Places
from app.people.service import listed_lead
from app.schemes.service import claims_awaiting, expected_of_practice, offers_awaiting
from app.schemes.values import AwaitedClaim

NEWS_DAYS = 30
MOST_OF_EACH = 5


async def practice_today(session: Tx, caller: Principal, code: str, *, now: datetime) -> Today:
    """One small answer. The practice is the tenant's, or it is not there."""
    await get_practice(session, code)
    today = london_date(now)
    lead = await listed_lead(session, code, on=today)
    issues = await _issues(session, caller, code, now=now)
    is_own = await reaches(session, caller, "practice:own", code, on=today)
    sees_money = caller.covers_commissioner("statements:read") or await reaches(
        session, caller, "statements:own", code, on=today
    )
    return Today(
        todo=await _todo(session, caller, code, issues or [], has_lead=lead is not None, now=now) if is_own else None,
        money=await _money(session, code, today=today) if sees_money else None,
        named_lead=lead,
        news=await _news(session, caller, code, now=now) if caller.has("announcements:read") else None,
        issues=issues,
        meetings=await _meetings(session, caller, code, now=now) if caller.has("meetings:read") else None,
    )


async def _issues(session: Tx, caller: Principal, code: str, *, now: datetime) -> list[OpenIssue] | None:
    """For those who see all that concerns the practice; a patient's view of single issues is no view of a practice."""
    if not caller.has("issues:read"):
        return None
    sight = await sight_of(session, caller, today=london_date(now))
    if sight.as_patient or (sight.practices is not None and code not in sight.practices):
        return None
    return await list_open_issues(session, code, limit=MOST_OF_EACH, now=now)


async def _todo(
    session: Tx, caller: Principal, code: str, issues: list[OpenIssue], *, has_lead: bool, now: datetime
) -> list[Task]:
    """What waits for somebody in the practice, the most pressing first; what has no day comes last."""
    today = london_date(now)
    tasks = [
        Task(f"Answer the offer: {scheme.title}", part.respond_by, f"/v1/offers/{part.id}")
        for scheme, part in await offers_awaiting(session, code, today=today)
    ]
    tasks += [_claim_task(each, code) for each in await claims_awaiting(session, code, today=today)]
    if caller.person_id is not None:
        waiting = await inbox.list_to_acknowledge(session, caller.person_id, limit=MOST_OF_EACH)
        tasks += [Task(f"Acknowledge: {subject}", by, "/v1/me/inbox?to_acknowledge=true") for subject, by in waiting]
    tasks += [
        Task(f"Answer the issue: {each.title}", None, f"/v1/issues/{each.id}") for each in issues if each.needs_answer
    ]
    if not has_lead:
        tasks.append(Task("Name a lead of the practice", None, f"/v1/practices/{code}/team"))
    return sorted(tasks, key=lambda task: task.due_on or date.max)


def _claim_task(awaited: AwaitedClaim, practice: str) -> Task:
    what = f"{awaited.scheme.title}, {span_text(awaited.period)}"
    if awaited.claim is not None:
        return Task(f"Declare the claim: {what}", awaited.closes_on, f"/v1/claims/{awaited.claim}")
    period = f"{awaited.period.valid_from}/{awaited.period.end}"
    figure = f"/v1/incentive-schemes/{awaited.scheme.id}/entitlement?practice={practice}&period={period}"
    return Task(f"Claim: {what}", awaited.closes_on, figure)


async def _money(session: Tx, code: str, *, today: date) -> list[ExpectedMoney]:
    """What each scheme would pay for this quarter as things stand, with evidence that is still to be confirmed."""
    start = quarter_start(today)
    quarter = Period(start, add_months(start, 3))
    found: list[ExpectedMoney] = []
    for scheme, result in await expected_of_practice(session, code, quarter):
        pay_by = add_months(start, 3) + timedelta(days=scheme.payment_terms_days)
        expected = None if result is None else result.total
        found.append(ExpectedMoney(scheme.id, scheme.title, quarter, expected, pay_by, _why(result)))
    return found


def _why(result: PracticeResult | None) -> str:
    if result is None:
        return "A value that is recorded for this quarter is too large to be right, so there is no figure: correct it."
    # What stands below one gate that is closed says the same of each line.
    return " ".join(dict.fromkeys([*(line.sentence for line in result.lines), *result.notes]))


async def _news(session: Tx, caller: Principal, code: str, *, now: datetime) -> list[News]:
    """What is for everybody and what is for this practice or its locality, as far as the caller sees it."""
    around = await localities_of(session, [code], on=london_date(now))
    rows = await AnnouncementRepository(session, session.tenant).list_recent(
        replace(await announcements_seen(session, caller, now=now), is_office=False),
        Places(frozenset({code}), around),
        since=now - timedelta(days=NEWS_DAYS),
        limit=MOST_OF_EACH,
    )
    return [News(row.id, row.title, row.published_at) for row in rows]


async def _meetings(session: Tx, caller: Principal, code: str, *, now: datetime) -> list[DatedMeeting]:
    found = await list_next_meetings(session, caller, code, now=now, limit=MOST_OF_EACH)
    return [DatedMeeting(each.id, each.title, each.starts_at, each.ends_at) for each in found]
