"""What was said, and to whom it goes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class Message(SQLModel, table=True):
    """What was said. `practice` or `person_id` is set where the words are for that practice or person alone. `template` is the kind it was worded as,
    `template_version` the number of the commissioner's own wording, None for ours.
    """

    __tablename__ = "message"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    source: str
    source_id: str
    occasion: str
    practice: str | None
    person_id: UUID | None
    topic: str
    urgency: str
    subject: str
    body_text: str
    body_html: str
    must_acknowledge_by: date | None
    audience: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    channels: list[str] | None = Field(sa_column=Column(ARRAY(Text)))
    action: dict[str, str] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    template: str | None
    template_version: int | None
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
    is_first: bool
    in_inbox: bool
    state: str
    batch: UUID | None
    not_before: datetime | None
    digest_id: UUID | None
    attempts: int = 0
    may_attempt: int
    doubts: int = 0
    detail: str | None
    created_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None


class DeliveryAttempt(SQLModel, table=True):
    """One try of a delivery, written once and never changed."""

    __tablename__ = "delivery_attempt"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    delivery_id: UUID = Field(primary_key=True)
    n: int = Field(primary_key=True)
    ended_at: datetime
    outcome: str
    detail: str | None
    reference: str | None
