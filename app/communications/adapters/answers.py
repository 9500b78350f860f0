"""What the answers of providers over HTTP mean where all of them agree: waits, losses, and words for an operator."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from app.communications.adapters.smtp_replies import scrub
from app.communications.ports import Outcome, Outgoing
from app.core.outside import OutsideError, Refused

LONGEST_WAIT: Final = timedelta(days=1)
LARGEST_ANSWER: Final = 256 * 1024
# What a call may end with in place of an answer.
NO_ANSWER: Final = (httpx.HTTPError, httpx.InvalidURL, OutsideError)
# The request never left, or never whole: the provider has nothing of the message.
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def retry_after(answer: httpx.Response, *, now: datetime, otherwise: timedelta) -> timedelta:
    """How long the provider asks for (RFC 9110 10.2.3: seconds or a date), within reason."""
    text = answer.headers.get("retry-after", "").strip()
    wait = otherwise
    if text.isascii() and text.isdigit() and len(text) < 10:
        wait = timedelta(seconds=int(text))
    elif text:
        wait = _until(text, now) or otherwise
    return min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)


def _until(text: str, now: datetime) -> timedelta | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)) - now


def lost(message: Outgoing, error: Exception) -> Outcome:
    """A request that brought no answer: either nothing was sent, or nobody knows."""
    # The guarded client says in words what the library said; without its error it did not come to a connection.
    cause = error.__cause__ if isinstance(error, OutsideError) else error
    words = str(error) if isinstance(error, OutsideError) else type(error).__name__
    if isinstance(error, Refused) or cause is None or isinstance(cause, _NEVER_SENT):
        return Outcome(message.delivery_id, "failed_temporary", f"not sent: {words}")
    return Outcome(message.delivery_id, "in_doubt", f"no answer: {words}")


def json_object(answer: httpx.Response) -> dict[str, Any]:
    """The answer's object, or an empty one where it is something else."""
    if len(answer.content) > LARGEST_ANSWER:
        return {}
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def in_brief(status: int, words: object) -> str:
    return scrub(f"{status} {words}" if words else str(status))
