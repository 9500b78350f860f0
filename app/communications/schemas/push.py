"""Browsers of a person as they come in and go out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.communications.schemas.examples import ID
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.outside import OutsideError, checked_url
from app.core.privacy import OneLine

_P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


def _callable(text: str) -> str:
    try:
        return str(checked_url(text))
    except OutsideError as error:
        raise PydanticCustomError("push_endpoint", "{words}", {"words": str(error)}) from error


def _example(**members: Any) -> Any:
    return {"json_schema_extra": {"examples": [members]}}


class PushKey(BaseModel):
    """`applicationServerKey` for `pushManager.subscribe`."""

    model_config = _example(public_key=_P256DH)

    public_key: str


class PushKeys(StrictModel):
    p256dh: Annotated[str, Field(min_length=1, max_length=200)]
    auth: Annotated[str, Field(min_length=1, max_length=100)]


class PushSubscriptionIn(StrictModel):
    """What `PushSubscription.toJSON()` gives in the browser, and a name by which the person knows it."""

    model_config = _example(
        endpoint="https://updates.push.services.example/wpush/v2/0123",
        expirationTime=None,
        keys={"p256dh": _P256DH, "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
        device="Firefox at the practice",
    )

    endpoint: Annotated[str, Field(max_length=2000), AfterValidator(_callable)]
    expiration_time: float | None = Field(
        default=None, alias="expirationTime", description="Not used: a push service tells."
    )
    keys: PushKeys
    device: Annotated[OneLine, Field(min_length=1, max_length=100)] | None = None


class PushSubscription(BaseModel):
    """A browser in which the person is told. Its address and keys are never shown."""

    model_config = {
        "from_attributes": True,
        "json_schema_extra": {
            "examples": [{"id": ID, "device": "Firefox at the practice", "created_at": "2026-11-22T10:00:00Z"}]
        },
    }

    id: UUID
    device: str | None
    created_at: Instant


class PushSubscriptionPage(PageModel):
    data: list[PushSubscription]
