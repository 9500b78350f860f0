"""What people chose."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


class MessagePreference(SQLModel, table=True):
    """The topics of which a person wants no routine mail."""

    __tablename__ = "message_preference"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    muted: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    changed_at: datetime
    version: int = 1


class MailboxPreference(SQLModel, table=True):
    """The topics of which an address that is no person's wants no routine mail: a practice's shared mailbox."""

    __tablename__ = "mailbox_preference"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    address: str = Field(primary_key=True)
    muted: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    changed_at: datetime
