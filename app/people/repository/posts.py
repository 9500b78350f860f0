"""Posts, with their holders and as they were recorded before."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Select,
    and_,
    exists,
    func,
    or_,
    text,
    union_all,
)
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.calculation.values import PostHeld
from app.core.clock import LONDON, london_midnight
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, Statement, TenantRepository, among
from app.people.errors import PostNotFound
from app.people.repository.conditions import (
    Reach,
    held_on,
    is_shown,
    is_stale,
    not_ended,
    post_with_person,
)
from app.people.tables import Person, Post, PostBelief
from app.people.values import PostRole

_WAIT = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


class PostRepository(TenantRepository[Post]):
    table = Post
    missing = PostNotFound

    def _select_with_person(self) -> Select[*tuple[Any, ...]]:
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

    def _select_visible(self, reach: Reach, wanted: dict[str, Any]) -> Select[*tuple[Any, ...]]:
        """Posts with their holders; `wanted` are the members of the list's filters, None where they do not narrow."""
        statement = self._select_with_person().where(reach.of_posts())
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

    async def list_visible(
        self, reach: Reach, wanted: dict[str, Any], *, params: PageParams, cursors: Cursors
    ) -> Page[Any]:
        """Rows of (Post, Person), the newest first."""
        statement = self._select_visible(reach, wanted)
        return await self.page(statement, keys=[Post.id], params=params, cursors=cursors, kind="posts", descending=True)

    async def get_visible(self, post_id: UUID, reach: Reach) -> tuple[Post, Person]:
        return await self._get_pair(self._select_with_person().where(col(Post.id) == post_id, reach.of_posts()))

    async def lock_with_person(self, post_id: UUID) -> tuple[Post, Person]:
        """Both rows, the post's first, against another change meanwhile."""
        statement = self._select_with_person().where(col(Post.id) == post_id).with_for_update()
        return await self._get_pair(statement.execution_options(populate_existing=True))

    async def _get_pair(self, statement: Statement) -> tuple[Post, Person]:
        row: Any = await self.get_one(statement)
        return row.Post, row.Person

    async def list_shown(self, person_id: UUID, *, on: date) -> list[UUID]:
        """The person's posts that intranets show that day."""
        statement = select(Post.id).join(Person, post_with_person()).where(col(Post.commissioner_id) == self.tenant)
        statement = statement.where(col(Post.person_id) == person_id, held_on(on), is_shown())
        return list((await self.session.exec(statement.order_by(col(Post.id)))).all())

    async def list_team(
        self, practice: str, *, on: date, listed_only: bool, params: PageParams, cursors: Cursors
    ) -> Page[Any]:
        """Rows of (Post, Person) of a practice, the newest post first."""
        statement = self._select_with_person().where(
            col(Post.practice) == practice,
            held_on(on),
            is_shown() if listed_only else col(Person.erased_at).is_(None),
        )
        return await self.page(
            statement,
            keys=[col(Post.valid_from), col(Post.id)],
            params=params,
            cursors=cursors,
            kind=f"team:{practice}:{not listed_only}",
            descending=True,
        )

    async def list_of_person(self, person_id: UUID, *, for_update: bool = False) -> Sequence[Post]:
        statement = self.select().where(col(Post.person_id) == person_id).order_by(col(Post.id))
        statement = statement.with_for_update() if for_update else statement
        return (await self.session.exec(statement)).all()  # pyright: ignore

    async def list_current_of(self, people: Iterable[UUID], *, on: date) -> Sequence[Post]:
        """Their posts that have not ended, in the order of their ids."""
        return await self.list(among(col(Post.person_id), people), not_ended(on))

    async def has_been_at(self, person_id: UUID, practice: str) -> bool:
        """Whether the person holds, held or will hold a post there."""
        wanted = self.select().where(col(Post.person_id) == person_id, col(Post.practice) == practice)
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
