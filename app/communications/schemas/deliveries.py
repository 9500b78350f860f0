"""What became of a message for each recipient."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.communications.schemas.examples import ID
from app.communications.values import AttemptOutcome, Channel, DeliveryState
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams

_EXAMPLE: dict[str, Any] = {
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


class Delivery(BaseModel):
    """One recipient's, by one way. `person_id` is null for a practice's shared mailbox."""

    model_config = {
        "from_attributes": True,
        "json_schema_extra": {"examples": [_EXAMPLE]},
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
    channel: Channel | None = Field(default=None, description="A person who has texts has a delivery for each way.")
    in_doubt: bool | None = Field(default=None, description="`true`: those that may have arrived twice or not at all.")


class AllDeliveriesParams(PageParams):
    state: DeliveryState | None = None
    cause: Annotated[str, Field(max_length=500)] | None = Field(
        default=None, description="Only those with this `detail`, as the list of causes gives it."
    )


class Attempt(BaseModel):
    """One try. `lost`: the sender ended in the middle of it, so nobody knows; `reference` is the provider's name for it."""

    n: int
    ended_at: Instant
    outcome: AttemptOutcome
    detail: str | None
    reference: str | None


class DeliveryWithHistory(Delivery):
    """A delivery with its tries, the first first."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                _EXAMPLE
                | {
                    "history": [
                        {
                            "n": 1,
                            "ended_at": "2026-11-22T10:00:02Z",
                            "outcome": "sent",
                            "detail": None,
                            "reference": None,
                        }
                    ]
                }
            ]
        }
    }

    history: list[Attempt]


_CAUSE = "RCPT 451 4.7.1 Greylisted"


class Cause(BaseModel):
    state: DeliveryState
    cause: str | None
    deliveries: int
    since: Instant


class Causes(BaseModel):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {"data": [{"state": "parked", "cause": _CAUSE, "deliveries": 12, "since": "2026-11-22T10:00:02Z"}]}
            ]
        }
    }

    data: list[Cause]


class RedriveIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [{"state": "parked", "cause": _CAUSE}]}}

    state: Literal[DeliveryState.PARKED, DeliveryState.FAILED, DeliveryState.IN_DOUBT]
    cause: Annotated[str, Field(max_length=500)] | None = Field(
        description="The `detail` that they share; null for those without one."
    )


class Redriven(BaseModel):
    model_config = {"json_schema_extra": {"examples": [{"requeued": 12}]}}

    requeued: int = Field(description="How many wait to be sent again.")
