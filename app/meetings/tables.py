"""Meetings and attendances."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class Meeting(SQLModel, table=True):
    __tablename__ = "meeting"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    title: str
    purpose: str
    level: str
    locality_id: UUID | None
    practice: str | None
    forum_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    scheme_id: UUID | None
    measure: str | None
    joining: str | None
    created_at: datetime
    changed_at: datetime | None = None
    version: int = 1


class Attendance(SQLModel, table=True):
    """One person at one meeting for one practice; taken back, it stays with `removed_at`."""

    __tablename__ = "attendance"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    meeting_id: UUID
    name: str
    name_key: str
    practice: str
    role: str
    person_id: UUID | None
    from_at: datetime
    until_at: datetime
    minutes: int
    is_confirmed: bool
    recorded_at: datetime
    recorded_by: UUID | None = None
    removed_at: datetime | None = None
    version: int = 1
