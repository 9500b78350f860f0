"""What other slices ask: who somebody is, which posts they hold, and whom a message reaches."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from app.calculation.values import PostHeld
from app.core.addresses import address_key
from app.core.db import Tx
from app.core.principal import Principal
from app.core.repository import Statement
from app.organisations import service as organisations
from app.organisations.values import Places
from app.people import repository, rules
from app.people.repository import MailboxRepository, PersonRepository, PostRepository
from app.people.tables import Person
from app.people.values import TITLES, Among, PersonRef, PostLevel, PostRole


async def get_person(session: Tx, person_id: UUID) -> PersonRef:
    return _ref(await PersonRepository(session, session.tenant).get(person_id))


async def get_people(session: Tx, ids: Iterable[UUID]) -> dict[UUID, PersonRef]:
    """Those of them that exist, by id."""
    found = await PersonRepository(session, session.tenant).list_by_ids(ids)
    return {person.id: _ref(person) for person in found}


async def name_and_practices(session: Tx, person_id: UUID) -> tuple[str, frozenset[str]]:
    """The person's name, and every practice where they hold, held or will hold a post."""
    person = await PersonRepository(session, session.tenant).get(person_id)
    posts = await PostRepository(session, session.tenant).list_of_person(person_id)
    return person.name, frozenset(post.practice for post in posts if post.practice)


async def find_person_by_email(session: Tx, email: str) -> PersonRef | None:
    key = address_key(email)
    person = await PersonRepository(session, session.tenant).find_by_email(key) if key else None
    return _ref(person) if person else None


async def find_members_by_name(
    session: Tx, named: Collection[tuple[str, str]], *, on: date
) -> dict[tuple[str, str], UUID]:
    """Whom lines of (practice, name) mean: the one person of that name with a post in the practice that day, else nobody."""
    keys = {line: rules.name_key(line[1]) for line in named}
    practices = {practice for practice, _ in named}
    found: defaultdict[tuple[str | None, str | None], list[UUID]] = defaultdict(list)
    for practice, key, person in await PersonRepository(session, session.tenant).list_named_at(
        practices, set(keys.values()), on=on
    ):
        found[practice, key].append(person)
    holders = {line: found[line[0], key] for line, key in keys.items()}
    return {line: people[0] for line, people in holders.items() if len(people) == 1}


async def holds_post(session: Tx, person_id: UUID, practice: str | None, *, on: date) -> bool:
    """Whether the person has a post at the practice that day; without a practice, whether they have any."""
    held = await PostRepository(session, session.tenant).list_places(person_id, on=on)
    return any(practice is None or place == practice for _, place, _ in held)


async def mailbox_of(session: Tx, practice: str) -> str | None:
    """The practice's shared address, as it is now."""
    mailbox = await MailboxRepository(session, session.tenant).find_of(practice)
    return mailbox.email if mailbox else None


async def posts_held(
    session: Tx, practices: Iterable[str], *, known_on: datetime | None = None
) -> dict[str, tuple[PostHeld, ...]]:
    """Every post ever held at these practices, as known now or as it was known then; in one order, whoever asks."""
    found = await PostRepository(session, session.tenant).list_held(practices, known_on=known_on)
    return {practice: tuple(sorted(posts, key=_by_post)) for practice, posts in found.items()}


def _by_post(held: PostHeld) -> tuple[str, date, date]:
    return held.post, held.valid_from, held.valid_until or date.max


async def practices_of(session: Tx, person_id: UUID, *, since: date, until: date) -> frozenset[str]:
    """Where the person held any post on any of these days, the last one too, as known now or as it was recorded then.

    A post that was ended, corrected or taken back since then counts: it was held while the money was earned.
    """
    posts = PostRepository(session, session.tenant)
    return frozenset(await posts.list_practices_of(person_id, since=since, until=until))


async def places_of(session: Tx, caller: Principal, scope: str, *, on: date) -> Places:
    """Where the caller belongs that day: where they hold the scope, and where they have a post.

    A sessional clinician's role has no place of its own. A post above localities is at home in all of them.
    """
    held = (
        await PostRepository(session, session.tenant).list_places(caller.person_id, on=on) if caller.person_id else []
    )
    practices = caller.practices(scope) | {practice for _, practice, _ in held if practice}
    own = {UUID(locality) for locality in caller.localities(scope)}
    within = await organisations.practices_in_localities(session, own, on=on) if own else []
    posted = {locality for _, _, locality in held if locality}
    around = await organisations.localities_of(session, practices, on=on) if practices else frozenset()
    is_above = any(level in (PostLevel.COMMISSIONER, PostLevel.LMC) for level, _, _ in held)
    return Places(
        practices=practices.union(within),
        localities=frozenset(own | posted | around),
        is_everywhere=is_above or caller.covers_commissioner(scope),
    )


async def listed_lead(session: Tx, practice: str, *, on: date) -> tuple[str, str] | None:
    """(name, title of the post) of the practice's lead of that day, where there is one who may be shown."""
    names = await PostRepository(session, session.tenant).list_leads([practice], on=on)
    return (names[practice], TITLES[PostRole.NAMED_LEAD]) if practice in names else None


def select_recipients(
    tenant: UUID,
    *,
    roles: Collection[PostRole] | None,
    practices: Collection[str] | None,
    localities: Collection[UUID] | None,
    on: date,
    only: Among | None = None,
) -> Statement:
    """Who a message to these posts reaches, as a statement: (person_id, practice, name, email, is_mailbox).

    A practice is meant when it is among `practices` or in one of `localities`; None for both means every member, and
    the posts of localities and of the commissioner too. `roles` None: whatever the post. A person with posts in two
    practices comes twice, once for each. A practice's shared mailbox (no `person_id`) comes where nobody in one of the
    posts can be reached by mail. A person without an address comes too, for the inbox.
    `only`: whether these are still meant, without a look at anybody else.
    """
    members = organisations.select_member_practices(tenant, on)
    return repository.select_recipients(
        tenant, members, roles=roles, practices=practices, localities=localities, on=on, only=only
    )


def select_people(tenant: UUID, ids: Collection[UUID]) -> Statement:
    """These persons in the columns of `select_recipients`, whatever their posts."""
    return repository.select_people(tenant, ids)


def _ref(person: Person) -> PersonRef:
    return PersonRef(person.id, person.name, person.email)
