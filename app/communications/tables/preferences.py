"""What people chose."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


class MessagePreference(SQLModel, table=True):
    """Of which topics a person wants no routine mail, or has it gathered, and which come by text or to browsers too; and when. Hours are
    London's, `quiet_until` is the first that is not quiet, Monday is 1. `mobile` is +447…; no text goes to it unless it is the
    number that was confirmed.
    """

    __tablename__ = "message_preference"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    muted: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    daily: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False), default_factory=list)
    weekly: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False), default_factory=list)
    texts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False), default_factory=list)
    pushes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False), default_factory=list)
    mobile: str | None = None
    confirmed_mobile: str | None = None
    digest_hour: int = 7
    digest_weekday: int = 1
    quiet_from: int | None = None
    quiet_until: int | None = None
    changed_at: datetime
    version: int = 1

    @property
    def is_mobile_confirmed(self) -> bool:
        return self.mobile is not None and self.mobile == self.confirmed_mobile


class MobileCode(SQLModel, table=True):
    """The last code that a person asked for to confirm their number, without the code: it is worked out."""

    __tablename__ = "mobile_code"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    operation_id: UUID
    asked_at: datetime
    wrong_codes: int = 0


class MailboxPreference(SQLModel, table=True):
    """The topics of which an address that is no person's wants no routine mail: a practice's shared mailbox."""

    __tablename__ = "mailbox_preference"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    address: str = Field(primary_key=True)
    muted: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    changed_at: datetime
