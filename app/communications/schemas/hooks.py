"""What providers send when they call back. They add members as they like, so unknown ones are passed over."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.communications.schemas.examples import ID
from app.communications.values import BounceKind


class NotifyReceipt(BaseModel):
    """As GOV.UK Notify sends it to a service's callback address; what else it says is not looked at."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"id": ID, "reference": ID, "to": "ann@practice.example", "status": "delivered"},
            ]
        }
    }

    id: UUID
    reference: Annotated[str, Field(max_length=200)] | None
    to: Annotated[str, Field(max_length=300)]
    status: Annotated[str, Field(max_length=60)]


class ReturnedMail(BaseModel):
    """One mail that came back or was complained about. `message_id` is the header of ours, `address` whom it went to.

    `hard`: the mailbox is not there; nothing more is sent to it. `soft`: given up for another reason. `complaint`: the
    reader called it unwanted; nothing more is sent either.
    """

    message_id: Annotated[str, Field(max_length=300)]
    address: Annotated[str, Field(max_length=300)]
    kind: BounceKind
    detail: Annotated[str, Field(max_length=1000)] | None = None


class ReturnedMails(BaseModel):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "bounces": [
                        {
                            "message_id": f"<{ID}@plenary.example>",
                            "address": "old@practice.example",
                            "kind": "hard",
                            "detail": "550 5.1.1 No such user",
                        }
                    ]
                }
            ]
        }
    }

    bounces: Annotated[list[ReturnedMail], Field(min_length=1, max_length=1000)]
