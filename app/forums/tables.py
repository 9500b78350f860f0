"""Forums, their members, issues, and what happened to them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class PatientForum(SQLModel, table=True):
    __tablename__ = "patient_forum"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str
    level: str
    locality_id: UUID | None
    practice: str | None
    created_at: datetime
    closed_on: date | None = None
    version: int = 1


class ForumMember(SQLModel, table=True):
    """Somebody who consented. Once they left, only that there was somebody stays: the name and address are gone."""

    __tablename__ = "forum_member"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    forum_id: UUID
    name: str | None
    email: str | None
    email_key: str | None
    person_id: UUID | None
    practice: str | None
    role: str
    consented_on: date
    consent_by: str
    joined_on: date
    left_on: date | None = None
    recorded_at: datetime
    version: int = 1


class Issue(SQLModel, table=True):
    """`practice` and `locality_id` are where it comes from; `practices` are those asked, None: all at its level."""

    __tablename__ = "issue"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    title: str
    body: str
    topic: str | None
    forum_id: UUID | None
    practice: str | None
    locality_id: UUID | None
    origin: str
    level: str
    practices: list[str] | None = Field(sa_column=Column(ARRAY(Text)))
    state: str
    raised_by: UUID | None
    raised_at: datetime
    answered_at: datetime | None = None
    merged_into: UUID | None = None
    version: int = 1


class IssueSupporter(SQLModel, table=True):
    __tablename__ = "issue_supporter"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    issue_id: UUID
    forum_id: UUID | None
    practice: str | None
    supported_at: datetime


class IssueStep(SQLModel, table=True):
    """One move on the ladder. Rows are only ever added."""

    __tablename__ = "issue_step"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    issue_id: UUID
    action: str
    level: str
    reason: str | None
    by_person: UUID | None
    taken_at: datetime


class IssueResponse(SQLModel, table=True):
    """One answer; a new one of the same responder supersedes it, and both stay."""

    __tablename__ = "issue_response"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    issue_id: UUID
    level: str
    practice: str | None
    locality_id: UUID | None
    decision: str
    text: str
    due_on: date | None
    may_be_named: bool
    by_person: UUID | None
    responded_at: datetime
    superseded_at: datetime | None = None
