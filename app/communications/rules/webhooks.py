"""Webhooks: the signature as Standard Webhooks writes it, the body, and when a delivery is tried again."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.communications.values.webhooks import (
    Hook,
    Signing,
    Tried,
    Verdict,
    WebhookKeys,
    WebhookOutcome,
    WebhookState,
)
from app.core.clock import utc_text

SECRET_BYTES: Final = 32
OVERLAP: Final = timedelta(hours=24)
GIVEN_UP_AFTER: Final = timedelta(days=5)
# The waits of Standard Webhooks 1.0 between one try and the next: ten tries in three days and a bit.
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
_JITTER: Final = 0.1
_LONGEST_WAIT: Final = timedelta(hours=24)
_LONGEST_QUIET: Final = timedelta(hours=1)


def message_id(event_id: UUID) -> str:
    """The same for every try, every replay and every endpoint: a receiver that has seen it has seen the event."""
    return f"evt_{event_id.hex}"


def webhook_body(hook: Hook, href: str) -> bytes:
    """What changed and where to read it; whoever wants more fetches it with rights of their own."""
    return msgspec.json.encode(
        {
            "type": hook.name,
            "timestamp": utc_text(hook.occurred_at),
            "data": {
                "kind": hook.kind,
                "id": hook.subject,
                "href": href,
                "number": hook.number,
                "position": hook.position,
                "removed": hook.removed,
            },
        }
    )


def webhook_headers(keys: WebhookKeys, *, identifier: str, body: bytes, now: datetime) -> dict[str, str]:
    """Signed with each key, so that a receiver which knows one of them can tell."""
    timestamp = str(int(now.timestamp()))
    content = f"{identifier}.{timestamp}.".encode() + body
    signatures = [_signature(keys.signing, key, content) for key in keys.keys]
    return {
        "content-type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(signing: Signing, key: bytes, content: bytes) -> str:
    if signing is Signing.HMAC:
        return f"v1,{_base64(hmac.digest(key, content, hashlib.sha256))}"
    return f"v1a,{_base64(Ed25519PrivateKey.from_private_bytes(key).sign(content))}"


def shown_secret(key: bytes) -> str:
    return f"whsec_{_base64(key)}"


def public_key_of(key: bytes) -> str:
    return f"whpk_{_base64(Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw())}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def judge(tried: Tried, *, chance: float, now: datetime) -> Verdict:
    """After the first try in vain 5 seconds, then 5 minutes, and so on, each up to a tenth longer by chance; longer where
    the other side asked for it, and never more than a day. After the tenth try it has failed.

    Tried for the third time at 12:00, it is due between 12:30 and 12:33.
    """
    if tried.outcome is WebhookOutcome.DELIVERED:
        return Verdict(WebhookState.DELIVERED, None)
    if tried.hook.tries >= len(WAITS):
        return Verdict(WebhookState.FAILED, None)
    wait = WAITS[tried.hook.tries] * (1 + _JITTER * chance)
    asked = timedelta(seconds=min(tried.retry_after or 0.0, _LONGEST_WAIT.total_seconds()))
    return Verdict(WebhookState.WAITING, now + max(wait, asked))


def quiet_until(tried: list[Tried], *, failing_since: datetime | None, now: datetime) -> datetime | None:
    """Until when an endpoint is left alone as a whole, where nothing of what was sent last has arrived.

    Five seconds, a minute when it has failed for an hour, or as long as it asked for, at most an hour: so one that hangs
    takes little of anybody's time.
    """
    if not tried or any(each.outcome is WebhookOutcome.DELIVERED for each in tried):
        return None
    long = failing_since is not None and now - failing_since > timedelta(hours=1)
    asked = max((each.retry_after or 0.0 for each in tried), default=0.0)
    seconds = max(60.0 if long else 5.0, min(asked, _LONGEST_QUIET.total_seconds()))
    return now + timedelta(seconds=seconds)


def is_given_up(failing_since: datetime | None, *, now: datetime) -> bool:
    """Whether it has had nothing but failures for so long that it is disabled."""
    return failing_since is not None and now - failing_since >= GIVEN_UP_AFTER
