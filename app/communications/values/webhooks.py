"""Webhooks: an endpoint, how it is signed to, and what became of each delivery and each try."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

ALL_EVENTS: Final = "*"
TEST_EVENT: Final = "webhooks.test"
MOST_ENDPOINTS: Final = 5_000
END_OF_NUMBER: Final = 1_000_000_000
"""A position after every event of a number."""


class Signing(StrEnum):
    """`hmac`: both sides know one secret. `ed25519`: the receiver knows a public key and could sign nothing."""

    HMAC = "hmac"
    ED25519 = "ed25519"


class EndpointState(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"


class DisabledBecause(StrEnum):
    """`gone`: it answered 410. `failing`: nothing has arrived for days. `owner_left`: nobody answers for it any more."""

    GONE = "gone"
    FAILING = "failing"
    OWNER_LEFT = "owner_left"


class WebhookState(StrEnum):
    """`failed`: tried as often as the schedule says. `withdrawn`: whoever answers for the endpoint may no longer read it."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class WebhookOutcome(StrEnum):
    """`refused`: answered, and not with a status of 200 to 299. `blocked`: the address may not be called. `unknown`: the
    worker ended before the answer was written down, and it was sent again under the same id.
    """

    DELIVERED = "delivered"
    REFUSED = "refused"
    NOT_REACHED = "not_reached"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WebhookKeys:
    """What an endpoint is signed to with: the newest first, and beside it the one before for a day after a rotation."""

    signing: Signing
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Hook:
    """One delivery that is to be sent now."""

    event_id: UUID
    number: int
    position: int
    name: str
    kind: str
    subject: str
    removed: bool
    occurred_at: datetime
    tries: int
    attempts: int
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """What one try came to. `retry_after`: seconds the other side asked to wait."""

    hook: Hook
    outcome: WebhookOutcome
    started_at: datetime
    milliseconds: int
    status: int | None = None
    detail: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a delivery is after a try, and when it is due again."""

    state: WebhookState
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReplayRange:
    """Changes after `after` up to and with `upto`, as (number, position); or these deliveries alone."""

    after: tuple[int, int]
    upto: tuple[int, int]


@dataclass(frozen=True, slots=True)
class WantedEndpoint:
    url: str
    events: tuple[str, ...]
    description: str | None
    signing: Signing


@dataclass(frozen=True, slots=True)
class WantedReplay:
    """From an instant on, from an event on, or after a position of the feed; until an instant. Or these deliveries."""

    start: datetime | UUID | tuple[int, int] | None
    until: datetime | None
    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class OpenEndpoint:
    """What a worker has to know to send to an endpoint."""

    url: str
    keys: WebhookKeys
    quiet_until: datetime | None
