"""How messages leave, and where nothing is sent."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class MessageProvider(SQLModel, table=True):
    """A way out of one commissioner. `api_key` is sealed; `fault` is what the provider refuses us for since `fault_at`.
    `told_at`: when the office was last told of one. What has gone well is noted to the minute.
    """

    __tablename__ = "message_provider"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    callback_id: UUID = Field(default_factory=new_id)
    api_key: str | None = None
    email_template: UUID | None = None
    text_template: UUID | None = None
    is_active: bool = True
    rate_per_minute: int | None = None
    daily_limit: int | None = None
    fault: str | None = None
    fault_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    last_success_at: datetime | None = None
    told_at: datetime | None = None
    changed_at: datetime
    version: int = 1


class SendingAllowance(SQLModel, table=True):
    """What a provider may still be given; of no tenant."""

    __tablename__ = "sending_allowance"  # pyright: ignore

    key: str = Field(primary_key=True)
    full_at: datetime
    day: date
    sent: int = Field(sa_column=Column(BigInteger, nullable=False))


class Suppression(SQLModel, table=True):
    """An address or number that nothing is sent to."""

    __tablename__ = "suppression"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    address: str
    address_key: str
    reason: str
    source: str
    detail: str | None
    since: datetime
