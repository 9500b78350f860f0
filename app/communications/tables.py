"""Announcements, messages, deliveries and preferences."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class Announcement(SQLModel, table=True):
    """What an editor published. What was sent of it is a `Message`."""

    __tablename__ = "announcement"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    title: str
    body_markdown: str
    body_html: str
    audience: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    channels: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    urgency: str
    on_intranet: bool
    must_acknowledge_by: date | None
    author_person_id: UUID | None
    operation_id: UUID
    published_at: datetime
    withdrawn_at: datetime | None = None
    version: int = 1


class Message(SQLModel, table=True):
    """What was said. `practice` is set where the words are for one practice."""

    __tablename__ = "message"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    source: str
    source_id: str
    occasion: str
    practice: str | None
    topic: str
    urgency: str
    subject: str
    body_text: str
    body_html: str
    must_acknowledge_by: date | None
    created_at: datetime


class Delivery(SQLModel, table=True):
    """One message to one person or mailbox, and what became of it."""

    __tablename__ = "delivery"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    message_id: UUID
    recipient: str
    person_id: UUID | None
    practice: str | None
    name: str | None
    address: str | None
    channel: str
    in_inbox: bool
    state: str
    batch: UUID | None
    attempts: int = 0
    doubts: int = 0
    detail: str | None
    created_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None


class MessagePreference(SQLModel, table=True):
    """The topics of which a person wants no routine mail."""

    __tablename__ = "message_preference"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    muted: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    changed_at: datetime
    version: int = 1
