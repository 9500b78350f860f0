"""Persons and the addresses they had, the posts they hold and what was believed of them, practices' shared mailboxes."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class Person(SQLModel, table=True):
    __tablename__ = "person"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str
    email: str | None
    email_key: str | None
    name_key: str
    telephone: str | None = None
    objects_to_listing: bool = False
    bounced_at: datetime | None = None
    erased_at: datetime | None = None
    created_at: datetime
    version: int = 1


class FormerAddress(SQLModel, table=True):
    """An address that a person gave up. The database keeps it, so that it never makes a second person of one human."""

    __tablename__ = "former_address"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    email_key: str = Field(primary_key=True)
    person_id: UUID
    given_up_at: datetime


class Post(SQLModel, table=True):
    __tablename__ = "post"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID
    role: str
    level: str
    practice: str | None
    locality_id: UUID | None
    valid_from: date
    valid_until: date | None
    listed: bool
    confirmed_on: date
    recorded_at: datetime
    version: int = 1


class PostBelief(SQLModel, table=True):
    """A practice's post as it was recorded before a correction or an end: what a payment worked out then could know.

    It holds no name, so that erasing a person leaves it untouched.
    """

    __tablename__ = "post_belief"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    post_id: UUID
    person_id: UUID | None
    role: str
    practice: str
    valid_from: date
    valid_until: date | None
    recorded_at: datetime
    superseded_at: datetime


class Mailbox(SQLModel, table=True):
    """A practice's shared address: where a message goes when nobody holds the post it is meant for."""

    __tablename__ = "mailbox"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    practice: str
    email: str
    bounced_at: datetime | None = None
    recorded_at: datetime
    version: int = 1
