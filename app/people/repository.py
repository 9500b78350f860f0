"""Every SELECT and lock of people."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    TEXT,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    text,
    true,
    union_all,
)
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col, select

from app.calculation.values import PostHeld
from app.core.addresses import address_key
from app.core.clock import LONDON, london_midnight
from app.core.repository import TenantRepository
from app.people import rules
from app.people.errors import MailboxNotFound, PersonNotFound, PostNotFound
from app.people.tables import FormerAddress, Mailbox, Person, Post, PostBelief
from app.people.values import LEVELS, PostLevel, PostRole


def among(column: Any, values: Iterable[Any], kind: Any = TEXT) -> ColumnElement[bool]:
    """`column = ANY(array)`: one parameter however many values, so that the statement's text stays the same."""
    return column == any_(cast(sorted(values), ARRAY(kind)))


def held_on(on: date) -> ColumnElement[bool]:
    return and_(col(Post.valid_from) <= on, not_ended(on))


def not_ended(on: date) -> ColumnElement[bool]:
    return or_(col(Post.valid_until).is_(None), col(Post.valid_until) > on)


def is_shown() -> ColumnElement[bool]:
    """The post may be listed: it is marked so and the person does not object."""
    return and_(col(Post.listed), col(Person.objects_to_listing).is_(False), col(Person.erased_at).is_(None))


def is_stale(today: date) -> ColumnElement[bool]:
    return or_(col(Person.bounced_at).is_not(None), col(Post.confirmed_on) <= rules.stale_before(today))


def post_with_person() -> ColumnElement[bool]:
    return and_(col(Person.commissioner_id) == Post.commissioner_id, col(Person.id) == Post.person_id)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose particulars a caller may see. `practices` None: everybody's."""

    practices: frozenset[str] | None
    person_id: UUID | None
    on: date

    def of_posts(self) -> ColumnElement[bool]:
        """Posts of these practices, posts above practices that are shown to intranets too, and one's own."""
        if self.practices is None:
            return true()
        above = and_(col(Post.level) != PostLevel.PRACTICE, is_shown())
        own = false() if self.person_id is None else col(Post.person_id) == self.person_id
        return or_(among(col(Post.practice), self.practices), above, own)


class PersonRepository(TenantRepository[Person]):
    table = Person
    missing = PersonNotFound

    async def insert_unless_known(self, *, person_id: UUID, name: str, name_key: str, email: str) -> bool:
        """False when somebody with this address exists, also one whose transaction has just committed."""
        values = {"commissioner_id": self.tenant, "id": person_id, "name": name, "name_key": name_key}
        statement = insert(Person).values(**values, email=email, email_key=address_key(email))
        statement = statement.on_conflict_do_nothing(constraint="uq_person_email").returning(col(Person.id))
        return (await (await self.session.connection()).execute(statement)).first() is not None

    async def find_by_id(self, person_id: UUID) -> Person | None:
        return await self.find(col(Person.id) == person_id)

    async def find_by_email(self, key: str) -> Person | None:
        return await self.find(col(Person.email_key) == key)

    def visible(self, reach: Reach, *, q: str | None = None, practice: str | None = None) -> Select[*tuple[Any, ...]]:
        statement = self.select().where(col(Person.erased_at).is_(None))
        if reach.practices is not None:
            own = false() if reach.person_id is None else col(Person.id) == reach.person_id
            statement = statement.where(or_(self._has_post(reach.of_posts()), own))
        if practice is not None:
            statement = statement.where(self._has_post(col(Post.practice) == practice, held_on(reach.on)))
        if q:
            named = col(Person.name_key).contains(rules.name_key(q), autoescape=True)
            statement = statement.where(or_(named, col(Person.email_key) == address_key(q)))
        return statement

    def _has_post(self, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return select_columns(literal(1)).select_from(Post).where(post_with_person(), *conditions).exists()

    async def get_visible(self, person_id: UUID, reach: Reach) -> Person:
        statement = self.visible(reach).where(col(Person.id) == person_id)
        person = (await self.session.exec(statement)).one_or_none()  # pyright: ignore
        if person is None:
            raise self.missing
        return person

    async def list_by_ids(self, ids: Iterable[UUID]) -> Sequence[Person]:
        return await self.list(among(col(Person.id), ids, Uuid()))

    async def list_known(self, *, email_keys: Iterable[str], practices: Iterable[str]) -> Sequence[Person]:
        """Who a spreadsheet's rows may mean: holders of its addresses, and whoever has had a post in its practices."""
        posts = select(Post.person_id).where(
            col(Post.commissioner_id) == self.tenant, among(col(Post.practice), practices)
        )
        return await self.list(
            col(Person.erased_at).is_(None),
            or_(among(col(Person.email_key), email_keys), col(Person.id).in_(posts)),
        )

    async def list_former(
        self, *, email_keys: Iterable[str] = (), person_id: UUID | None = None
    ) -> Sequence[FormerAddress]:
        """Addresses that were somebody's: those of the given ones, or all of one person."""
        wanted = (
            among(col(FormerAddress.email_key), email_keys)
            if person_id is None
            else col(FormerAddress.person_id) == person_id
        )
        statement = select(FormerAddress).where(col(FormerAddress.commissioner_id) == self.tenant, wanted)
        return (await self.session.exec(statement.order_by(col(FormerAddress.email_key)))).all()

    async def list_named_at(
        self, practices: Iterable[str], name_keys: Iterable[str], *, on: date
    ) -> Sequence[tuple[str | None, str | None, UUID]]:
        """(practice, name key, person) of whoever has one of these names and a post in one of the practices that day."""
        statement = (
            select(Post.practice, Person.name_key, Person.id)
            .join(Person, post_with_person())
            .where(col(Person.commissioner_id) == self.tenant, among(col(Person.name_key), name_keys))
            .where(among(col(Post.practice), practices), held_on(on), col(Person.erased_at).is_(None))
            .distinct()
        )
        return (await self.session.exec(statement)).all()


_WAIT = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


class PostRepository(TenantRepository[Post]):
    table = Post
    missing = PostNotFound

    def with_person(self) -> Select[*tuple[Any, ...]]:
        """Rows of (Post, Person); the keys of the pages are columns of their own, so that a page can end at a row."""
        keys = (col(Post.id).label("id"), col(Post.valid_from).label("valid_from"))
        statement = select_columns(Post, Person, *keys).join(Person, post_with_person())
        return statement.where(col(Post.commissioner_id) == self.tenant)

    async def wait_for_practice(self, practice: str | None) -> None:
        """One change of a practice's posts at a time: two new leads at once would each wait for the other's commit."""
        if practice is not None:
            await (await self.session.connection()).execute(_WAIT, {"key": f"posts:{self.tenant}:{practice}"})

    async def lock_of_practices(self, practices: Iterable[str]) -> Sequence[Post]:
        """All posts of these practices, locked in the order of their ids against a manager's change meanwhile."""
        statement = self.select().where(among(col(Post.practice), practices)).order_by(col(Post.id)).with_for_update()
        found = await self.session.exec(statement.execution_options(populate_existing=True))  # pyright: ignore
        return found.all()

    def visible(self, reach: Reach, wanted: dict[str, Any]) -> Select[*tuple[Any, ...]]:
        """Posts with their holders; `wanted` are the members of the list's filters, None where they do not narrow."""
        statement = self.with_person().where(reach.of_posts())
        for name in ("practice", "locality_id", "person_id", "role", "level"):
            if wanted[name] is not None:
                statement = statement.where(col(getattr(Post, name)) == wanted[name])
        if wanted["on"] is not None:
            statement = statement.where(held_on(wanted["on"]))
        elif not wanted["ended"]:
            statement = statement.where(not_ended(reach.on))
        if wanted["stale"] is not None:
            stale = and_(not_ended(reach.on), is_stale(reach.on))
            statement = statement.where(stale if wanted["stale"] else ~stale)
        return statement

    async def get_visible(self, post_id: UUID, reach: Reach) -> tuple[Post, Person]:
        return await self._get_one(self.with_person().where(col(Post.id) == post_id, reach.of_posts()))

    async def lock_with_person(self, post_id: UUID) -> tuple[Post, Person]:
        """Both rows, the post's first, against another change meanwhile."""
        statement = self.with_person().where(col(Post.id) == post_id).with_for_update()
        return await self._get_one(statement.execution_options(populate_existing=True))

    async def _get_one(self, statement: Select[*tuple[Any, ...]]) -> tuple[Post, Person]:
        row = (await self.session.exec(statement)).one_or_none()  # pyright: ignore
        if row is None:
            raise self.missing
        return row.Post, row.Person

    async def list_shown(self, person_id: UUID, *, on: date) -> list[UUID]:
        """The person's posts that intranets show that day."""
        statement = select(Post.id).join(Person, post_with_person()).where(col(Post.commissioner_id) == self.tenant)
        statement = statement.where(col(Post.person_id) == person_id, held_on(on), is_shown())
        return list((await self.session.exec(statement.order_by(col(Post.id)))).all())

    def team(self, practice: str, *, on: date, listed_only: bool) -> Select[*tuple[Any, ...]]:
        statement = self.with_person().where(col(Post.practice) == practice, held_on(on))
        return statement.where(is_shown() if listed_only else col(Person.erased_at).is_(None))

    async def list_of_person(self, person_id: UUID, *, for_update: bool = False) -> Sequence[Post]:
        statement = self.select().where(col(Post.person_id) == person_id).order_by(col(Post.id))
        statement = statement.with_for_update() if for_update else statement
        return (await self.session.exec(statement)).all()  # pyright: ignore

    async def has_been_at(self, person_id: UUID, practice: str) -> bool:
        """Whether the person holds, held or will hold a post there."""
        wanted = self.select().where(col(Post.person_id) == person_id, col(Post.practice) == practice)
        return (await self.session.exec(select(exists(wanted.subquery().select())))).one()  # pyright: ignore

    async def is_held(self, person_id: UUID, practice: str, *, on: date) -> bool:
        wanted = self.select().where(col(Post.person_id) == person_id, col(Post.practice) == practice, held_on(on))
        return (await self.session.exec(select(exists(wanted.subquery().select())))).one()  # pyright: ignore

    async def list_practices_of(self, person_id: UUID, *, since: date, until: date) -> Sequence[str]:
        now = self._where_held(Post, person_id, since=since, until=until)
        # What was believed only before the period, or of days that had not come, says nothing about it.
        before = self._where_held(PostBelief, person_id, since=since, until=until).where(
            col(PostBelief.superseded_at) >= london_midnight(since),
            col(PostBelief.valid_from) <= func.date(func.timezone(LONDON.key, col(PostBelief.superseded_at))),
        )
        return [code for code in (await self.session.exec(now.union(before))).scalars() if code is not None]  # pyright: ignore

    def _where_held(
        self, table: type[Post] | type[PostBelief], person_id: UUID, *, since: date, until: date
    ) -> Select[*tuple[Any, ...]]:
        return select_columns(col(table.practice)).where(
            col(table.commissioner_id) == self.tenant,
            col(table.person_id) == person_id,
            col(table.practice).is_not(None),
            col(table.valid_from) <= until,
            or_(col(table.valid_until).is_(None), col(table.valid_until) > since),
        )

    async def list_places(self, person_id: UUID, *, on: date) -> Sequence[tuple[str, str | None, UUID | None]]:
        """(level, practice, locality) of each post that the person holds that day."""
        statement = select(Post.level, Post.practice, Post.locality_id).where(
            col(Post.commissioner_id) == self.tenant, col(Post.person_id) == person_id, held_on(on)
        )
        return (await self.session.exec(statement)).all()

    async def list_held(self, practices: Iterable[str], *, known_on: datetime | None) -> dict[str, list[PostHeld]]:
        wanted = list(practices)
        statement = self._as_recorded(Post, wanted)
        if known_on is not None:
            then = self._as_recorded(PostBelief, wanted).where(
                col(PostBelief.recorded_at) <= known_on, col(PostBelief.superseded_at) > known_on
            )
            statement = union_all(statement.where(col(Post.recorded_at) <= known_on), then)
        found: dict[str, list[PostHeld]] = {}
        for practice, *held in (await self.session.exec(statement)).all():  # pyright: ignore
            found.setdefault(practice, []).append(PostHeld(*held))
        return found

    def _as_recorded(self, table: type[Post] | type[PostBelief], practices: list[str]) -> Select[*tuple[Any, ...]]:
        return select_columns(
            col(table.practice), col(table.role), col(table.valid_from), col(table.valid_until)
        ).where(col(table.commissioner_id) == self.tenant, among(col(table.practice), practices))

    async def list_practices_held(self, *, on: date) -> Sequence[str]:
        """The practices at which a post is held then or later, sorted."""
        statement = select(Post.practice).where(col(Post.commissioner_id) == self.tenant, not_ended(on))
        statement = statement.where(col(Post.practice).is_not(None)).distinct().order_by(col(Post.practice))
        return [code for code in (await self.session.exec(statement)).all() if code]

    async def count_held(self, practices: Iterable[str], *, on: date) -> tuple[int, int]:
        """How many posts at these practices are held then or later, and how many people hold them."""
        statement = select(func.count(), func.count(col(Post.person_id).distinct())).where(
            col(Post.commissioner_id) == self.tenant, among(col(Post.practice), practices), not_ended(on)
        )
        posts, people = (await self.session.exec(statement)).one()
        return posts, people

    async def list_leads(self, practices: Iterable[str], *, on: date) -> dict[str, str]:
        """The name of each practice's lead, where there is one who may be listed."""
        statement = (
            select(Post.practice, Person.name)
            .join(Person, post_with_person())
            .where(col(Post.commissioner_id) == self.tenant, col(Post.role) == PostRole.NAMED_LEAD)
            .where(among(col(Post.practice), practices), held_on(on), is_shown())
        )
        return {practice: name for practice, name in (await self.session.exec(statement)).all() if practice}


class MailboxRepository(TenantRepository[Mailbox]):
    table = Mailbox
    missing = MailboxNotFound

    async def find_of(self, practice: str, *, for_update: bool = False) -> Mailbox | None:
        return await self.find(col(Mailbox.practice) == practice, for_update=for_update)

    async def get_of(self, practice: str) -> Mailbox:
        mailbox = await self.find_of(practice)
        if mailbox is None:
            raise self.missing
        return mailbox

    async def lock_of_practices(self, practices: Iterable[str]) -> Sequence[Mailbox]:
        """In the order of their ids, against another change meanwhile."""
        statement = self.select().where(among(col(Mailbox.practice), practices)).order_by(col(Mailbox.id))
        return (await self.session.exec(statement.with_for_update())).all()  # pyright: ignore

    async def list_with_address(self, key: str) -> Sequence[Mailbox]:
        return [mailbox for mailbox in await self.list() if address_key(mailbox.email) == key]


# The order of a team: the newest post first.
team_keys = (col(Post.valid_from), col(Post.id))


def vacancies(
    tenant: UUID,
    members: Select[*tuple[Any, ...]],
    *,
    practices: frozenset[str] | None,
    locality_id: UUID | None,
    stale: bool,
    on: date,
) -> tuple[Select[*tuple[Any, ...]], ColumnElement[str]]:
    """Member practices without a lead that day, or with one who is stale; and the column of their codes."""
    member = members.subquery("member")
    lead = (
        select_columns(
            col(Post.practice).label("practice"),
            col(Post.confirmed_on).label("confirmed_on"),
            col(Person.bounced_at).label("bounced_at"),
            is_stale(on).label("is_stale"),
        )
        .join(Person, post_with_person())
        .where(col(Post.commissioner_id) == tenant, col(Post.role) == PostRole.NAMED_LEAD, held_on(on))
        .subquery("lead")
    )
    ended = (
        select_columns(func.max(col(Post.valid_until)))
        .where(col(Post.commissioner_id) == tenant, col(Post.role) == PostRole.NAMED_LEAD)
        .where(col(Post.practice) == member.c.code, col(Post.valid_until) <= on)
        .scalar_subquery()
    )
    statement = (
        select_columns(
            member.c.code, member.c.locality_id, lead.c.confirmed_on, lead.c.bounced_at, ended.label("vacant_since")
        )
        .select_from(member.outerjoin(lead, lead.c.practice == member.c.code))
        .where(or_(lead.c.practice.is_(None), lead.c.is_stale) if stale else lead.c.practice.is_(None))
    )
    if practices is not None:
        statement = statement.where(among(member.c.code, practices))
    if locality_id is not None:
        statement = statement.where(member.c.locality_id == locality_id)
    return statement, member.c.code


def recipients(
    tenant: UUID,
    members: Select[*tuple[Any, ...]],
    *,
    roles: Collection[PostRole] | None,
    practices: Collection[str] | None,
    localities: Collection[UUID] | None,
    on: date,
) -> Select[*tuple[Any, ...]]:
    """See `service.select_recipients`; `members` are the commissioner's practices (code, locality_id) of that day."""
    member = members.subquery("member")
    everywhere = practices is None and localities is None
    area = false() if localities is None else among(member.c.locality_id, localities, Uuid())
    named = false() if practices is None else among(member.c.code, practices)
    reached = _once(select_columns(member.c.code).where(true() if everywhere else or_(area, named)))
    holder = _once(_holders(tenant, roles, on))
    in_area = false() if localities is None else among(holder.c.locality_id, localities, Uuid())
    above = and_(holder.c.practice.is_(None), true() if everywhere else in_area)
    meant = or_(holder.c.practice.in_(select_columns(reached.c.code)), above)
    people = (
        select_columns(
            holder.c.person_id, holder.c.practice, holder.c.name, holder.c.email, false().label("is_mailbox")
        )
        .where(meant)
        .distinct()
    )
    # A message for a locality's or the office's people alone is none of a practice's business.
    at_practices = roles is None or any(PostLevel.PRACTICE in LEVELS[role] for role in roles)
    covered = select_columns(holder.c.practice).where(holder.c.is_reachable, holder.c.practice.is_not(None))
    mailboxes = (
        select_columns(
            cast(null(), Uuid()).label("person_id"),
            col(Mailbox.practice).label("practice"),
            literal("Practice mailbox").label("name"),
            col(Mailbox.email).label("email"),
            true().label("is_mailbox"),
        )
        .where(col(Mailbox.commissioner_id) == tenant, true() if at_practices else false())
        .where(col(Mailbox.practice).in_(select_columns(reached.c.code)), col(Mailbox.practice).not_in(covered))
    )
    everyone = union_all(people, mailboxes).subquery("recipient")
    return select_columns(
        everyone.c.person_id, everyone.c.practice, everyone.c.name, everyone.c.email, everyone.c.is_mailbox
    )


def _holders(tenant: UUID, roles: Collection[PostRole] | None, on: date) -> Select[*tuple[Any, ...]]:
    """Who holds one of these posts that day. Whoever has no good address is not reachable by mail."""
    in_role = true() if roles is None else among(col(Post.role), roles)
    return (
        select_columns(
            col(Person.id).label("person_id"),
            col(Post.practice).label("practice"),
            col(Post.locality_id).label("locality_id"),
            col(Person.name).label("name"),
            col(Person.email).label("email"),
            and_(col(Person.email).is_not(None), col(Person.bounced_at).is_(None)).label("is_reachable"),
        )
        .select_from(Post)
        .join(Person, post_with_person())
        .where(col(Post.commissioner_id) == tenant, in_role, held_on(on), col(Person.erased_at).is_(None))
    )


def _once(statement: Select[*tuple[Any, ...]]) -> CTE:
    """Worked out once and then looked up: with few statistics the planner would work it out for each row.

    Without a name of its own, so that one statement can ask for several audiences.
    """
    return statement.cte().prefix_with("MATERIALIZED", dialect="postgresql")


def chosen(tenant: UUID, ids: Collection[UUID]) -> Select[*tuple[Any, ...]]:
    """See `service.select_people`."""
    return select_columns(
        col(Person.id).label("person_id"),
        cast(null(), TEXT).label("practice"),
        col(Person.name).label("name"),
        col(Person.email).label("email"),
        false().label("is_mailbox"),
    ).where(col(Person.commissioner_id) == tenant, among(col(Person.id), ids, Uuid()), col(Person.erased_at).is_(None))
