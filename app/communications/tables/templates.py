"""A commissioner's own wording."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class MessageTemplate(SQLModel, table=True):
    """One version of a commissioner's wording of a kind of message. At most one of a kind is published."""

    __tablename__ = "message_template"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    kind: str
    n: int
    subject: str
    body: str
    reason: str
    state: str
    written_by: UUID | None
    written_at: datetime
    published_by: UUID | None = None
    published_at: datetime | None = None
    withdrawn_by: UUID | None = None
    withdrawn_at: datetime | None = None
    version: int = 1
