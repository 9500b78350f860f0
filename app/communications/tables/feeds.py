"""Feeds that offices offer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class Feed(SQLModel, table=True):
    """A public one is found by its name, a secret one by the hash of its secret."""

    __tablename__ = "feed"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str | None
    title: str
    kinds: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    locality_id: UUID | None
    access: str
    token_hash: bytes | None
    created_at: datetime
    changed_at: datetime
    version: int = 1
