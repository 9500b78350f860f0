"""One try: a signed body to an address that somebody typed, through the guarded client."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from app.communications.values.webhooks import Hook, Tried, WebhookOutcome
from app.core.outside import NotReached, OutsideClient, Refused

# Read so that the connection can be used again; what stands in it does not matter.
_READ_BYTES: Final = 16_384


async def post_webhook(
    client: OutsideClient, url: str, hook: Hook, body: bytes, headers: Mapping[str, str], *, now: datetime
) -> Tried:
    """Arrived is what was answered with 200 to 299; a redirect is an answer like any other refusal."""
    started = time.monotonic()
    try:
        status, retry_after = await _post(client, url, body, headers)
    except Refused as error:
        return Tried(hook, WebhookOutcome.BLOCKED, now, _since(started), detail=str(error))
    except NotReached as error:
        return Tried(hook, WebhookOutcome.NOT_REACHED, now, _since(started), detail=str(error))
    if httpx.codes.is_success(status):
        return Tried(hook, WebhookOutcome.DELIVERED, now, _since(started), status=status)
    return Tried(
        hook,
        WebhookOutcome.REFUSED,
        now,
        _since(started),
        status=status,
        detail=f"It answered with {status}.",
        retry_after=seconds_to_wait(retry_after, now=now),
    )


async def _post(client: OutsideClient, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str | None]:
    async with client.stream("POST", url, content=body, headers=headers) as answer:
        read = 0
        try:
            async for part in answer.aiter_raw():
                read += len(part)
                if read > _READ_BYTES:
                    break
        except NotReached:
            # It has said what it thinks of the event; the rest of its answer is nothing we need.
            return answer.status_code, answer.headers.get("retry-after")
        return answer.status_code, answer.headers.get("retry-after")


def seconds_to_wait(header: str | None, *, now: datetime) -> float | None:
    """`Retry-After`, in seconds or as a date; None where it is neither."""
    if header is None:
        return None
    if header.strip().isdecimal() and header.isascii():
        return float(header.strip()[:9])
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
