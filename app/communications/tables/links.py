"""What became of links in mails."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel


class ActionLinkUse(SQLModel, table=True):
    """That a delivery's link was used, once; or that names were tried with it that nobody there has.

    `submission` is a digest of what was sent, so that the same form sent twice is known.
    """

    __tablename__ = "action_link_use"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    delivery_id: UUID = Field(primary_key=True)
    wrong_names: int = 0
    used_at: datetime | None = None
    person_id: UUID | None = None
    submission: str | None = None
    outcome: str | None = None
