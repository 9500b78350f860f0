"""What became of a message for each recipient."""

from uuid import UUID

from pydantic import BaseModel, Field

from app.communications.schemas.examples import ID
from app.communications.values import Channel, DeliveryState
from app.core.clock import Instant
from app.core.http import PageModel
from app.core.pagination import PageParams


class Delivery(BaseModel):
    """One recipient's. `person_id` is null for a practice's shared mailbox."""

    model_config = {
        "from_attributes": True,
        "json_schema_extra": {
            "examples": [
                {
                    "id": ID,
                    "person_id": ID,
                    "name": "Ann Example",
                    "practice": "ZZ0001",
                    "is_mailbox": False,
                    "channel": "email",
                    "state": "sent",
                    "in_doubt": False,
                    "attempts": 1,
                    "detail": None,
                    "sent_at": "2026-11-22T10:00:02Z",
                    "acknowledged_at": None,
                }
            ]
        },
    }

    id: UUID
    person_id: UUID | None
    name: str | None
    practice: str | None
    is_mailbox: bool
    channel: Channel
    state: DeliveryState
    in_doubt: bool
    attempts: int
    detail: str | None
    sent_at: Instant | None
    acknowledged_at: Instant | None


class DeliveryPage(PageModel):
    data: list[Delivery]


class DeliveryParams(PageParams):
    state: DeliveryState | None = None
    in_doubt: bool | None = Field(default=None, description="`true`: those that may have arrived twice or not at all.")
