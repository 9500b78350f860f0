"""What editors published."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class Announcement(SQLModel, table=True):
    """What an editor published. What was sent of it is a `Message`: that of the version of today is `message_id`, or has the
    announcement's own id where there was only one version.
    """

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
    is_out: bool = True
    is_personalised: bool = False
    withdrawn_at: datetime | None = None
    edition: int = 1
    edition_at: datetime | None = None
    message_id: UUID | None = None
    must_acknowledge: str = "practice"
    renew_months: int | None = None
    seen_to_on: date | None = None
    version: int = 1
