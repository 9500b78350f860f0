"""Webhook endpoints, deliveries to them, and every try."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class WebhookEndpoint(SQLModel, table=True):
    __tablename__ = "webhook_endpoint"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    url: str
    description: str | None
    events: list[Any] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    signing: str
    secret: str | None
    public_key: str | None
    previous_secret: str | None = None
    previous_public_key: str | None = None
    previous_until: datetime | None = None
    state: str
    disabled_because: str | None = None
    disabled_at: datetime | None = None
    owner_id: UUID
    after_number: int
    after_position: int
    failing_since: datetime | None = None
    quiet_until: datetime | None = None
    created_at: datetime
    version: int = 1


class WebhookDelivery(SQLModel, table=True):
    """One event for one endpoint; replayed, it is the same delivery again."""

    __tablename__ = "webhook_delivery"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    endpoint_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    change_number: int
    position: int
    name: str
    resource: str
    subject: str
    removed: bool
    occurred_at: datetime
    state: str
    tries: int = 0
    attempts: int = 0
    due_at: datetime | None
    is_replay: bool = False
    detail: str | None = None
    created_at: datetime
    delivered_at: datetime | None = None


class WebhookAttempt(SQLModel, table=True):
    __tablename__ = "webhook_attempt"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    endpoint_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    n: int = Field(primary_key=True)
    started_at: datetime
    outcome: str
    status: int | None
    milliseconds: int | None
    detail: str | None
