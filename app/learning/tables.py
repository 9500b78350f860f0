"""CPD entries."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class CpdEntry(SQLModel, table=True):
    """Minutes of learning that belong to a person, from one attendance; taken back, it stays with `removed_at`."""

    __tablename__ = "cpd_entry"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID
    attendance_id: UUID
    title: str
    on: date = Field(sa_column_kwargs={"name": "on_date"})
    minutes: int
    recorded_at: datetime
    removed_at: datetime | None = None
    version: int = 1
