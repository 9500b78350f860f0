"""Channels in Microsoft Teams as they come in and go out."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.communications.schemas.channels import HEALTH, WayHealth
from app.communications.schemas.examples import ID
from app.communications.values import Topic
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel, left_out
from app.core.outside import OutsideError, checked_url
from app.core.privacy import OneLine

_URL = "https://prod-1.uksouth.logic.azure.com:443/workflows/0123/triggers/manual/paths/invoke?sig=secret"


def _callable(text: str) -> str:
    try:
        return str(checked_url(text))
    except OutsideError as error:
        raise PydanticCustomError("webhook_url", "{words}", {"words": str(error)}) from error


Name = Annotated[OneLine, Field(min_length=1, max_length=100)]
WebhookUrl = Annotated[str, Field(max_length=2000), AfterValidator(_callable)]
Topics = Annotated[list[Topic], Field(min_length=1, max_length=len(Topic))]


def _example(**members: Any) -> Any:
    return {"json_schema_extra": {"examples": [members]}}


class TeamsChannelIn(StrictModel):
    """`url` is what "Post to a channel when a webhook request is received" gave you in Workflows. It is sealed and never
    shown again. With `locality_id` the channel shows what is for everybody and for that locality.
    """

    model_config = _example(name="Practice managers", url=_URL, locality_id=None, topics=["announcements"])

    name: Name
    url: WebhookUrl
    locality_id: UUID | None = None
    topics: Topics = [Topic.ANNOUNCEMENTS]


class TeamsChannelPatch(StrictModel):
    """What is left out stays. Another `url` makes a broken channel whole."""

    model_config = _example(name="Practice managers and leads")

    name: Name = Field(default_factory=left_out)
    url: WebhookUrl = Field(default_factory=left_out)
    topics: Topics = Field(default_factory=left_out)


class TeamsChannel(BaseModel):
    """`broken`: the flow is gone or its owner has left; nothing is posted until it gets another address. `fault` is what
    Teams said last, where it did not take a card.
    """

    model_config = _example(
        id=ID,
        name="Practice managers",
        locality_id=None,
        topics=["announcements"],
        state="active",
        fault=None,
        broken_at=None,
        health=HEALTH,
        created_at="2026-11-22T10:00:00Z",
    )

    id: UUID
    name: str
    locality_id: UUID | None
    topics: list[Topic]
    state: Literal["active", "broken"]
    fault: str | None
    broken_at: Instant | None
    health: WayHealth
    created_at: Instant


class TeamsChannelPage(PageModel):
    data: list[TeamsChannel]
