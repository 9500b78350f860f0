"""Posts: adding, correcting, confirming and ending them."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.addresses import address_key
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden, InvalidRequest
from app.core.events import emit
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.wording import counted, day_text
from app.organisations import service as organisations
from app.organisations.values import Effect, PracticeChangeKind, PracticeChangeRef
from app.people import rules
from app.people.errors import OutsidePractice, PersonErased, PersonNotFound, PostEnded
from app.people.events import PostChanged
from app.people.repository import PersonRepository, PostRepository
from app.people.service.creation import create_person, find_or_create_person
from app.people.service.leads import publish_leads
from app.people.tables import Person, Post, PostBelief
from app.people.values import LEVELS, LISTED_BY_DEFAULT, NewPost, PostLevel, PostRole

WRITE = "posts:write"


async def add_post(
    session: Tx,
    principal: Principal,
    wanted: NewPost,
    person_id: UUID | None,
    named: tuple[str, str | None] | None,
    *,
    now: datetime,
) -> tuple[Post, Person]:
    """Give a post to a known person or to a named one (name, e-mail). A practice manager does so at home only."""
    today = london_date(now)
    level = level_of(wanted.role, practice=wanted.practice, locality_id=wanted.locality_id, level=wanted.level)
    if wanted.valid_until is not None and wanted.valid_until <= wanted.valid_from:
        raise _invalid("/until", "`until` has to be later than `from`.")
    await _require_place(session, principal, practice=wanted.practice, locality_id=wanted.locality_id, on=today)
    _require_recent(principal, today, start=wanted.valid_from, until=wanted.valid_until)
    await PostRepository(session, session.tenant).wait_for_practice(wanted.practice)
    if principal.covers_commissioner(WRITE):
        person = await _find_holder(session, person_id, named, now=now)
    else:
        person = await _find_own_holder(session, principal, wanted.practice or "", person_id, named, now=now)
    if person.erased_at is not None:
        raise PersonErased
    post = make_post(session, wanted, person.id, level=level, now=now)
    session.add(post)
    await publish_leads(session, [post.practice], today=today)
    return post, person


async def _find_holder(
    session: Tx, person_id: UUID | None, named: tuple[str, str | None] | None, *, now: datetime
) -> Person:
    people = PersonRepository(session, session.tenant)
    if named is None:
        if person_id is None:
            raise PersonNotFound
        return await people.get(person_id)
    name, email = named
    if email is None:
        return await create_person(session, name=name, email=None, now=now)
    return await people.get(await find_or_create_person(session, name=name, email=email))


async def _find_own_holder(
    session: Tx,
    principal: Principal,
    practice: str,
    person_id: UUID | None,
    named: tuple[str, str | None] | None,
    *,
    now: datetime,
) -> Person:
    """For a practice role: a new person, somebody of the practice, or the caller.

    A post would tie anybody else to the practice's money, and the answer would say who stands behind an address.
    """
    people = PersonRepository(session, session.tenant)
    key = address_key(named[1]) if named is not None else None
    known = await people.find_by_email(key) if key else None
    if key is not None and known is None and await people.list_former(email_keys=[key]):
        raise OutsidePractice
    if named is None and person_id is not None:
        known = await people.find_by_id(person_id)
        if known is None:
            raise OutsidePractice
    if known is None:
        return await _find_holder(session, person_id, named, now=now)
    await require_own_person(session, principal, practice, known.id)
    return known


async def require_own_person(session: Tx, principal: Principal, practice: str, person_id: UUID) -> None:
    """Whom a practice role may name for the practice: somebody who has or had a post there, or the caller."""
    if principal.covers_commissioner(WRITE) or person_id == principal.person_id:
        return
    if not await PostRepository(session, session.tenant).has_been_at(person_id, practice):
        raise OutsidePractice


def make_post(session: Tx, wanted: NewPost, person_id: UUID, *, level: PostLevel, now: datetime) -> Post:
    """A new post, audited and announced; the caller adds it to the session when its person is there."""
    listed = wanted.role in LISTED_BY_DEFAULT if wanted.listed is None else wanted.listed
    post = Post(
        commissioner_id=session.tenant,
        id=new_id(),
        person_id=person_id,
        role=wanted.role.value,
        level=level.value,
        practice=wanted.practice,
        locality_id=wanted.locality_id,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        listed=listed,
        confirmed_on=london_date(now),
        recorded_at=now,
    )
    audit(session, "post.added", post.id, role=post.role, practice=post.practice, person=person_id)
    announce(session, post)
    return post


def level_of(role: PostRole, *, practice: str | None, locality_id: UUID | None, level: PostLevel | None) -> PostLevel:
    """Where the post is: what names the place decides, and a role that has one level only needs no telling."""
    if practice is not None and locality_id is not None:
        raise _invalid("/locality_id", "A post is at a practice or at a locality.")
    if practice is not None:
        found = PostLevel.PRACTICE
    elif locality_id is not None:
        found = PostLevel.LOCALITY
    else:
        found = level or min(LEVELS[role], key=list(PostLevel).index)
    if found not in LEVELS[role] or level not in (None, found):
        allowed = ", ".join(sorted(LEVELS[role]))
        raise _invalid("/role", f"This role is held at: {allowed}.")
    if found is PostLevel.PRACTICE and practice is None:
        raise _invalid("/practice", "Say at which practice.", code="missing")
    if found is PostLevel.LOCALITY and locality_id is None:
        raise _invalid("/locality_id", "Say in which locality.", code="missing")
    return found


def _invalid(pointer: str, detail: str, *, code: str = "not_valid") -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(pointer, code, detail)])


def _require_recent(
    principal: Principal,
    today: date,
    *,
    start: date,
    until: date | None,
    old: tuple[date, date | None] | None = None,
) -> None:
    if principal.covers_commissioner(WRITE):
        return
    limit = rules.earliest_for_practice(today)
    member = rules.gains_days_before(limit, start=start, until=until, old=old)
    if member is not None:
        detail = f"Days before {day_text(limit)} are for the commissioner to add."
        raise _invalid(f"/{member}", detail, code="too_early")


async def _require_place(
    session: Tx, principal: Principal, *, practice: str | None, locality_id: UUID | None, on: date
) -> None:
    if practice is not None:
        await organisations.require_reach(session, principal, WRITE, practice, on=on)
    elif not principal.covers_commissioner(WRITE):
        raise Forbidden("Your role keeps the posts of a practice only.")
    elif locality_id is not None:
        await organisations.get_locality(session, locality_id)


async def _require_post(session: Tx, principal: Principal, post: Post, *, on: date) -> None:
    if post.practice is not None:
        await organisations.require_reach_to(session, principal, WRITE, post.practice, on=on)
    elif not principal.covers_commissioner(WRITE):
        raise Forbidden("Your role keeps the posts of a practice only.")


async def change_post(session: Tx, principal: Principal, post: Post, changes: dict[str, Any], *, now: datetime) -> None:
    """Correct a locked post: valid_from, valid_until, listed; only members that are given. Whoever corrects, confirms."""
    today = london_date(now)
    await _require_post(session, principal, post, on=today)
    start = changes.get("valid_from", post.valid_from)
    until = changes.get("valid_until", post.valid_until)
    if until is not None and until <= start:
        raise _invalid("/until", "`until` has to be later than `from`.")
    _require_recent(principal, today, start=start, until=until, old=(post.valid_from, post.valid_until))
    await PostRepository(session, session.tenant).wait_for_practice(post.practice)
    move_post(session, post, valid_from=start, valid_until=until, now=now)
    post.listed = changes.get("listed", post.listed)
    post.confirmed_on = today
    audit(session, "post.changed", post.id, members=sorted(changes))
    announce(session, post)
    await publish_leads(session, [post.practice], today=today)


def move_post(session: Tx, post: Post, *, valid_from: date, valid_until: date | None, now: datetime) -> bool:
    """Change the period, keeping what was believed until now: a payment may have been worked out by it."""
    if (valid_from, valid_until) == (post.valid_from, post.valid_until):
        return False
    _keep_belief(session, post, now)
    post.valid_from, post.valid_until, post.recorded_at = valid_from, valid_until, now
    return True


def _keep_belief(session: Tx, post: Post, now: datetime) -> None:
    if post.practice is None:
        return
    session.add(
        PostBelief(
            commissioner_id=post.commissioner_id,
            post_id=post.id,
            person_id=post.person_id,
            role=post.role,
            practice=post.practice,
            valid_from=post.valid_from,
            valid_until=post.valid_until,
            recorded_at=post.recorded_at,
            superseded_at=now,
        )
    )


async def confirm_post(session: Tx, principal: Principal, post: Post, person: Person, *, now: datetime) -> None:
    """Say that a post is still held and its holder can be reached: it is no longer stale."""
    today = london_date(now)
    await _require_post(session, principal, post, on=today)
    if post.valid_until is not None and post.valid_until <= today:
        raise PostEnded
    post.confirmed_on = today
    person.bounced_at = None
    audit(session, "post.confirmed", post.id)
    announce(session, post)


async def end_post(session: Tx, principal: Principal, post: Post, *, now: datetime) -> None:
    """End a post today. One that has not begun is taken back as if it had never been."""
    today = london_date(now)
    await _require_post(session, principal, post, on=today)
    if post.valid_until is not None and post.valid_until <= today:
        raise PostEnded
    await close_post(session, post, on=today, now=now)
    await publish_leads(session, [post.practice], today=today)


async def close_post(session: Tx, post: Post, *, on: date, now: datetime) -> None:
    never_held = post.valid_from >= on
    if never_held:
        _keep_belief(session, post, now)
        await session.delete(post)
    else:
        move_post(session, post, valid_from=post.valid_from, valid_until=on, now=now)
    audit(session, "post.ended", post.id, on=on.isoformat(), role=post.role, practice=post.practice)
    announce(session, post, removed=never_held)


async def end_posts_of_closed_practices(session: Tx, *, now: datetime) -> int:
    """End the posts at practices that have closed, with the practice's last day. Returns how many there were."""
    today, posts = london_date(now), PostRepository(session, session.tenant)
    members = set(await organisations.list_member_codes(session, on=None))
    held = members & set(await posts.list_practices_held(on=today))
    known = await organisations.get_practices(session, held)
    closed = {code: ref.closed_on for code, ref in known.items() if ref.closed_on and ref.closed_on < today}
    ended = 0
    for post in await posts.lock_of_practices(closed):
        first_day_gone = closed[post.practice or ""] + timedelta(days=1)
        if post.valid_until is None or post.valid_until > first_day_gone:
            await close_post(session, post, on=first_day_gone, now=now)
            ended += 1
    return ended


async def effects_of_practice_change(session: Tx, change: PracticeChangeRef) -> list[Effect]:
    """Posts end with a practice that closes, and stay on record here when it goes to another commissioner."""
    closes = change.kind in (PracticeChangeKind.CLOSE, PracticeChangeKind.MERGE)
    leaves = change.commissioner not in (None, (await organisations.get_commissioner(session)).code)
    if not closes and not leaves:
        return []
    repository = PostRepository(session, session.tenant)
    posts, people = await repository.count_held(change.practices, on=change.effective_on)
    held = f"{counted(posts, 'post')} held by {counted(people, 'person', 'people')}"
    day = day_text(change.effective_on)
    if closes:
        return [Effect("posts", posts, f"{held}: ended with the practice, before {day}. None is carried over.")]
    return [Effect("posts", posts, f"{held}: kept on record here; nobody in them is written to from {day}.")]


def announce(session: Tx, post: Post, *, removed: bool = False) -> None:
    emit(session, PostChanged(subject=str(post.id), role=post.role, practice=post.practice, removed=removed))
