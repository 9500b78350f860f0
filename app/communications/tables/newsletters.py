"""Newsletters and their editions as they were sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class Newsletter(SQLModel, table=True):
    __tablename__ = "newsletter"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    title: str
    intro_markdown: str
    since: datetime
    until: datetime
    localities: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    for_commissioner: bool
    items: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    on_intranet: bool
    state: str
    send_at: datetime | None = None
    sent_at: datetime | None = None
    author_person_id: UUID | None
    created_at: datetime
    version: int = 1


class NewsletterEdition(SQLModel, table=True):
    """What was sent to one place; None is the commissioner. Its message has the same id."""

    __tablename__ = "newsletter_edition"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    newsletter_id: UUID
    locality_id: UUID | None
    state: str
    items: int
    contents: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    body_markdown: str
    body_text: str
    body_html: str
    sent_at: datetime
