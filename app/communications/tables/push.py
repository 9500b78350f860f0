"""Browsers in which people want to be told."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class PushSubscription(SQLModel, table=True):
    """One browser of a person. `endpoint` and `keys` are sealed; `server_key` is the public key of ours that it was told."""

    __tablename__ = "push_subscription"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID
    endpoint: str
    keys: str
    endpoint_digest: str
    server_key: str
    device: str | None
    created_at: datetime
