"""Webhook endpoints, what was delivered to them and each try, as they come in and go out."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.communications.schemas.examples import ID
from app.communications.values.webhooks import (
    DisabledBecause,
    EndpointState,
    Signing,
    WebhookOutcome,
    WebhookState,
)
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel, left_out
from app.core.outside import LONGEST_URL
from app.core.pagination import PageParams
from app.core.privacy import OneLine

_URL: Final = "https://intranet.example.org/plenary"
_ENDPOINT: Final[dict[str, Any]] = {
    "id": ID,
    "url": _URL,
    "description": "The intranet of NHS Example",
    "events": ["*"],
    "signing": "hmac",
    "public_key": None,
    "previous_public_key": None,
    "previous_until": None,
    "state": "enabled",
    "disabled_because": None,
    "disabled_at": None,
    "failing_since": None,
    "owner": ID,
    "created_at": "2026-11-22T10:00:00Z",
}
_ATTEMPT: Final[dict[str, Any]] = {
    "n": 1,
    "at": "2026-11-22T10:00:01Z",
    "outcome": "delivered",
    "status": 204,
    "milliseconds": 85,
    "detail": None,
}
_DELIVERY: Final[dict[str, Any]] = {
    "id": ID,
    "message_id": "evt_0198c0de000070008000000000000001",
    "event": "schemes.claim_approved",
    "kind": "claim",
    "subject": ID,
    "number": 4711,
    "position": 1,
    "occurred_at": "2026-11-22T10:00:00Z",
    "state": "delivered",
    "attempts": 1,
    "next_attempt_at": None,
    "detail": None,
    "delivered_at": "2026-11-22T10:00:01Z",
}


def _example(value: Any) -> Any:
    return {"json_schema_extra": {"examples": [value]}}


def _without_doubles(events: list[str]) -> list[str]:
    return list(dict.fromkeys(events))


Url = Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
Description = Annotated[OneLine, Field(min_length=1, max_length=200)]
Events = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]],
    Field(min_length=1, max_length=200, description="Names of events, or `*` for all."),
    AfterValidator(_without_doubles),
]


class WebhookEndpointIn(StrictModel):
    model_config = _example({"url": _URL, "events": ["schemes.claim_approved", "schemes.version_published"]})

    url: Url = Field(description="Where to send: https at port 443 or 8443, on the open internet.")
    events: Events
    description: Description | None = None
    signing: Signing = Field(
        default=Signing.HMAC,
        description="`hmac`: with a secret that both sides know. `ed25519`: with a key of which the receiver has the "
        "public half, so that nothing secret has to be handed over.",
    )


class WebhookEndpointPatch(StrictModel):
    """What is left out stays. Whoever changes `url` or `events` answers for the endpoint from then on."""

    model_config = _example({"events": ["*"]})

    url: Url = Field(default_factory=left_out)
    events: Events = Field(default_factory=left_out)
    description: Description | None = Field(default_factory=left_out)


class WebhookEnableIn(StrictModel):
    model_config = _example({"skip_missed": False})

    skip_missed: bool = Field(
        default=False,
        strict=True,
        description="Leave out what happened while it was disabled, and begin with what comes from now on.",
    )


class WebhookReplayIn(StrictModel):
    """Either `from`, with `until` where it has an end, or `ids`."""

    model_config = _example({"from": "2026-11-20T08:00:00Z"})

    from_: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(
        default=None,
        alias="from",
        description="An instant, the `webhook-id` of an event, or a cursor of the change feed.",
    )
    until: Instant | None = Field(default=None, description="Only what happened before that instant.")
    ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="Deliveries of this endpoint, by the `id` that the list of them gives."
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if (self.from_ is None) == (self.ids is None) or (self.ids is not None and self.until is not None):
            raise PydanticCustomError("not_valid", "Give `from`, with `until` or without, or `ids`.")
        return self


class WebhookEndpoint(BaseModel):
    """`failing_since`: nothing has arrived since then. `previous_public_key` signs as well until `previous_until`."""

    model_config = _example(_ENDPOINT)

    id: UUID
    url: str
    description: str | None
    events: list[str]
    signing: Signing
    public_key: str | None = Field(description="With `ed25519`: verifies what is sent.")
    previous_public_key: str | None
    previous_until: Instant | None
    state: EndpointState
    disabled_because: DisabledBecause | None
    disabled_at: Instant | None
    failing_since: Instant | None
    owner: UUID = Field(description="The person by whose rights the endpoint hears of things.")
    created_at: Instant


class WebhookEndpointWithSecret(WebhookEndpoint):
    """`secret` is in this answer only, and null with `ed25519`."""

    model_config = _example(_ENDPOINT | {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw0example00000"})

    secret: str | None


class WebhookEndpointPage(PageModel):
    data: list[WebhookEndpoint]


class WebhookDelivery(BaseModel):
    """One event for this endpoint. `message_id` is the header `webhook-id` of every try and every replay."""

    model_config = _example(_DELIVERY)

    id: UUID
    message_id: str
    event: str
    kind: str
    subject: str
    number: int
    position: int
    occurred_at: Instant
    state: WebhookState
    attempts: int
    next_attempt_at: Instant | None
    detail: str | None
    delivered_at: Instant | None


class WebhookAttempt(BaseModel):
    model_config = _example(_ATTEMPT)

    n: int
    at: Instant
    outcome: WebhookOutcome
    status: int | None
    milliseconds: int | None
    detail: str | None


class WebhookDeliveryInFull(WebhookDelivery):
    """With every try there was, the oldest first."""

    model_config = _example(_DELIVERY | {"tries": [_ATTEMPT]})

    tries: list[WebhookAttempt]


class WebhookDeliveryPage(PageModel):
    data: list[WebhookDelivery]


class WebhookDeliveryParams(PageParams):
    state: WebhookState | None = None
    event: Annotated[str, Field(max_length=100)] | None = Field(default=None, description="The name of an event.")
