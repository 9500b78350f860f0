"""Persons, and the addresses they had."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    false,
    literal,
    or_,
)
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core.addresses import address_key
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among
from app.people import rules
from app.people.errors import PersonNotFound
from app.people.repository.conditions import (
    Reach,
    held_on,
    post_with_person,
)
from app.people.tables import FormerAddress, Person, Post


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

    async def list_with_addresses(self, keys: Iterable[str]) -> Sequence[Person]:
        """Whoever has one of these addresses and is still reached by mail."""
        return await self.list(among(col(Person.email_key), keys), col(Person.bounced_at).is_(None))

    def _select_visible(
        self, reach: Reach, *, q: str | None = None, practice: str | None = None
    ) -> Select[*tuple[Any, ...]]:
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

    async def list_visible(
        self, reach: Reach, *, q: str | None, practice: str | None, params: PageParams, cursors: Cursors
    ) -> Page[Person]:
        statement, keys = self._select_visible(reach, q=q, practice=practice), [Person.name_key, Person.id]
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind="people")

    async def get_visible(self, person_id: UUID, reach: Reach) -> Person:
        return await self.get_one(self._select_visible(reach).where(col(Person.id) == person_id))

    async def list_by_ids(self, ids: Iterable[UUID]) -> Sequence[Person]:
        return await self.list(among(col(Person.id), ids))

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
