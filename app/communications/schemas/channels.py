"""How messages leave, and where nothing is sent, as it comes in and goes out."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.communications.schemas.examples import ID
from app.communications.values import ProviderKind, SuppressionReason, SuppressionSource, WantedProvider
from app.core.addresses import LONGEST, check_address
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.core.privacy import OneLine

HEALTH: dict[str, Any] = {
    "state": "working",
    "since": None,
    "last_error": None,
    "last_error_at": None,
    "last_success_at": "2026-11-22T10:00:00Z",
    "next_step": None,
}
_PROVIDER: dict[str, Any] = {
    "kind": "notify",
    "is_active": True,
    "has_api_key": True,
    "email_template": ID,
    "text_template": None,
    "rate_per_minute": 3000,
    "daily_limit": 250000,
    "fault": None,
    "fault_at": None,
    "health": HEALTH,
    "changed_at": "2026-11-22T10:00:00Z",
    "callback_url": None,
    "callback_bearer": None,
}


class ProviderIn(StrictModel):
    """The whole of it, but that `api_key` may be left out to keep the one that is there.

    The templates are those of the Notify service: one for e-mail whose subject is `((subject))` and whose message is
    `((body))`, one for text messages that is `((body))`. A channel without a template does not go through Notify.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "api_key": f"plenary-{ID}-{ID}",
                    "email_template": ID,
                    "text_template": None,
                    "rate_per_minute": 3000,
                    "daily_limit": 250000,
                }
            ]
        }
    }

    api_key: Annotated[str, Field(min_length=73, max_length=300)] | None = Field(
        default=None, description="Of GOV.UK Notify. It is sealed, and never shown again."
    )
    email_template: UUID | None = None
    text_template: UUID | None = None
    rate_per_minute: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = Field(
        default=None, description="Null: as the provider gives it by default."
    )
    daily_limit: Annotated[int, Field(ge=0, le=100_000_000, strict=True)] | None = None
    is_active: bool = Field(default=True, description="`false`: nothing goes this way.")
    rotate_callback: bool = Field(
        default=False, description="Make a new callback address; the old one is shut at once."
    )

    def wanted(self) -> WantedProvider:
        return WantedProvider(**self.model_dump())


class ProviderTestIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [{"to": "office@commissioner.example"}]}}

    to: Annotated[str, Field(min_length=3, max_length=254)] = Field(
        description="An e-mail address; with `notify` a mobile number of the United Kingdom as well."
    )


class WayHealth(BaseModel):
    """How a way out is doing. `faulty`: everything is refused `since` then, and the office was told; `next_step` is what to
    do. `last_error` is what was said last when something was not taken, whatever became of it; what goes well is noted to
    the minute.
    """

    model_config = {"json_schema_extra": {"examples": [HEALTH]}}

    state: Literal["unknown", "working", "faulty"]
    since: Instant | None
    last_error: str | None
    last_error_at: Instant | None
    last_success_at: Instant | None
    next_step: str | None


class Provider(BaseModel):
    """`callback_url` and `callback_bearer` are given by the answer that made them, and by no other.

    `fault`: what the provider refuses us for since `fault_at`; messages wait until it is put right.
    """

    model_config = {"from_attributes": True, "json_schema_extra": {"examples": [_PROVIDER]}}

    kind: ProviderKind
    is_active: bool
    has_api_key: bool
    email_template: UUID | None
    text_template: UUID | None
    rate_per_minute: int | None
    daily_limit: int | None
    fault: str | None
    fault_at: Instant | None
    health: WayHealth
    changed_at: Instant
    callback_url: str | None
    callback_bearer: str | None


class Providers(BaseModel):
    data: list[Provider]


def _address_or_number(text: str) -> str:
    """A number is looked at by whoever adds it."""
    if "@" not in text:
        return text
    try:
        return check_address(text)
    except ValueError as error:
        raise PydanticCustomError("email_address", "This is not an e-mail address that can be sent to.") from error


class SuppressionIn(StrictModel):
    """An e-mail address, or a mobile number of the United Kingdom in any writing."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"address": "old@practice.example", "detail": "Asked for it by telephone."},
                {"address": "07700 900123"},
            ]
        }
    }

    address: Annotated[OneLine, Field(min_length=1, max_length=LONGEST), AfterValidator(_address_or_number)]
    detail: Annotated[OneLine, Field(min_length=1, max_length=200)] | None = None


class Suppression(BaseModel):
    """An address, or a mobile number, that nothing is sent to. `source` says who found out."""

    model_config = {
        "from_attributes": True,
        "json_schema_extra": {
            "examples": [
                {
                    "id": ID,
                    "address": "old@practice.example",
                    "reason": "bounced",
                    "source": "smtp",
                    "detail": "RCPT 550 5.1.1 No such user",
                    "since": "2026-11-22T10:00:00Z",
                }
            ]
        },
    }

    id: UUID
    address: str
    reason: SuppressionReason
    source: SuppressionSource
    detail: str | None
    since: Instant


class SuppressionPage(PageModel):
    data: list[Suppression]


class SuppressionParams(PageParams):
    reason: SuppressionReason | None = None
    address: Annotated[str, Field(max_length=254)] | None = Field(
        default=None, description="One address or number, in whatever writing."
    )
