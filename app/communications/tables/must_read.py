"""Versions of announcements that have to be read, and who acknowledged which."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class AnnouncementEdition(SQLModel, table=True):
    """A later version of an announcement, and what it took the place of. The text of today is the announcement's own."""

    __tablename__ = "announcement_edition"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    announcement_id: UUID = Field(primary_key=True)
    n: int = Field(primary_key=True)
    kind: str
    earlier_markdown: str
    earlier_by: date | None
    reason: str | None
    person_id: UUID | None
    published_at: datetime


class AlsoAsked(SQLModel, table=True):
    """Somebody with posts at several practices is asked by one delivery, for one of them; for this one as well."""

    __tablename__ = "also_asked"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    delivery_id: UUID = Field(primary_key=True)
    practice: str = Field(primary_key=True)


class Acknowledgement(SQLModel, table=True):
    """Somebody has read one version. Nobody has the right to change it or take it away."""

    __tablename__ = "acknowledgement"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    announcement_id: UUID
    edition: int
    person_id: UUID
    practice: str | None
    via: str
    at: datetime
