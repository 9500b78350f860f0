"""Channels in Microsoft Teams."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class TeamsChannel(SQLModel, table=True):
    """`url` is sealed. `broken_at`: nothing is posted any more, since the flow behind it is gone."""

    __tablename__ = "teams_channel"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str
    url: str
    locality_id: UUID | None
    topics: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    fault: str | None = None
    broken_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    last_success_at: datetime | None = None
    created_at: datetime
    version: int = 1
