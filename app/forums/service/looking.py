"""What a caller sees of issues and of the answers to them."""

from datetime import date
from uuid import UUID

from app.core.db import Tx
from app.core.principal import Principal
from app.core.repository import Expected
from app.forums import rules
from app.forums.repository import ForumRepository, ResponseRepository, StepRepository, SupporterRepository
from app.forums.service.asking import asked_by
from app.forums.service.reach import own_forums, reaches_forum
from app.forums.tables import Issue
from app.forums.values import Action, Answered, Comparison, Decision, Kind, LadderLevel, Picture, Sight, Step
from app.organisations import service as organisations


async def sight_of(session: Tx, caller: Principal, *, today: date) -> Sight:
    """The office sees all issues; a practice or a locality those that concern it; a patient those of their own forums
    and what forums ask everybody around them.
    """
    reach = await organisations.reachable(session, caller, "issues:all", on=today)
    if reach is None:
        return Sight(None)
    own = await own_forums(session, caller)
    areas = {UUID(locality) for locality in caller.localities("issues:all")}
    around = await ForumRepository(session, session.tenant).list_around(reach, areas)
    homes = reach | {forum.practice for forum in own if forum.practice}
    kinds = await organisations.profiles(session, homes, on=today)
    localities = areas | {forum.locality_id for forum in own if forum.locality_id}
    localities |= {kind.locality_id for kind in kinds.values() if kind.locality_id}
    return Sight(
        practices=reach,
        localities=frozenset(localities),
        forums=frozenset(forum.id for forum in (*own, *around)),
        as_patient=not caller.has("issues:all"),
    )


async def answers_seen(session: Tx, caller: Principal, issue: Issue, *, today: date) -> frozenset[str] | None:
    """The practices whose answers a caller may read; None: all. An office reads those of the practices it reaches; a
    practice its own; whoever speaks for the forum that raised the issue, its own practice's too.
    """
    reach = await organisations.reachable(session, caller, "issues:respond", on=today)
    if reach is None:
        return None
    practices = set(reach) | caller.practices("practice:own")
    if issue.practice is not None and await _follows_home(session, caller, issue, today=today):
        practices.add(issue.practice)
    return frozenset(practices)


async def _follows_home(session: Tx, caller: Principal, issue: Issue, *, today: date) -> bool:
    if issue.forum_id is None:
        return False
    forum = await ForumRepository(session, session.tenant).get(issue.forum_id)
    if await reaches_forum(session, caller, "forums:write", forum, today=today):
        return True
    return any(own.id == forum.id for own in await own_forums(session, caller))


async def picture_of(session: Tx, caller: Principal, issue: Issue, *, today: date) -> Picture:
    """Who supports it, how it moved, and how comparable practices answered (None under five answers)."""
    supporters = await SupporterRepository(session, session.tenant).count_by_issue([issue.id])
    steps = await StepRepository(session, session.tenant).list_of(issue.id)
    comparable, found, is_compared = await _compare_answers(session, caller, issue, today=today)
    names = await organisations.get_practices(session, found.named) if found else {}
    return Picture(
        supporters=supporters.get(issue.id, 0),
        steps=tuple(Step(Action(step.action), LadderLevel(step.level), step.reason, step.taken_at) for step in steps),
        comparable=comparable,
        comparison=found,
        is_compared=is_compared,
        names=tuple((code, names[code].name) for code in found.named) if found else (),
    )


async def check_unchanged(session: Tx, caller: Principal, issue: Issue, expected: Expected, *, today: date) -> None:
    """Refuse a change of an issue that is not as the caller read it, as far as they say what they read."""
    if expected.is_given:
        picture = await picture_of(session, caller, issue, today=today)
        expected.check_tag(rules.issue_tag(issue.version, picture))


async def _compare_answers(
    session: Tx, caller: Principal, issue: Issue, *, today: date
) -> tuple[str, Comparison | None, bool]:
    """The rule in words, the counts, and whether practices were compared by their kind."""
    asked = await asked_by(session, issue, today=today)
    reference = issue.practice or _only(caller.practices("issues:read"))
    profiles = await organisations.profiles(session, {*asked, *([reference] if reference else [])}, on=today)
    kinds = {code: Kind(profile.registered, profile.rural) for code, profile in profiles.items()}
    model = kinds.get(reference) if reference else None
    chosen = rules.comparable({code: kinds[code] for code in asked if code in kinds}, model)
    rows = await ResponseRepository(session, session.tenant).list_current([issue.id])
    answers = {row.practice: Answered(Decision(row.decision), row.may_be_named) for row in rows if row.practice}
    return rules.comparable_words(model), rules.compare(chosen, answers), model is not None


def _only(codes: frozenset[str]) -> str | None:
    return next(iter(codes)) if len(codes) == 1 else None
