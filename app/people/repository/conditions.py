"""What a statement asks of posts and persons, and whose a caller may see."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    false,
    or_,
    true,
)
from sqlmodel import col

from app.core.repository import among, is_valid
from app.people import rules
from app.people.tables import Person, Post
from app.people.values import PostLevel


def held_on(on: date) -> ColumnElement[bool]:
    return is_valid(col(Post.valid_from), col(Post.valid_until), on)


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
