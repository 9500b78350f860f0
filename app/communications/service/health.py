"""How a way out is doing, in the office's words; and the tags of what is shown of it."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from app.communications.tables import MessageProvider, TeamsChannel
from app.communications.values import ProviderKind
from app.core.etag import digest_etag
from app.core.repository import Expected

_NEXT_STEP: Final = {
    ProviderKind.NOTIFY.value: "Look in Notify whether the API key was revoked, the template deleted or the service suspended;"
    " set a new key or template here, and test it.",
    ProviderKind.MAIL.value: "Ask whoever runs the installation to put right its user and password for the mail server.",
}
_OF_TEAMS: Final = "Make the flow again in Workflows, give the channel its new address with PATCH, and test it."
_SEEN: Final = re.compile(r'"(v[0-9]+)\.[0-9a-f]+"')


def health_of(row: MessageProvider | TeamsChannel) -> dict[str, Any]:
    is_provider = isinstance(row, MessageProvider)
    since = _since(row)
    is_known = row.last_success_at is not None or row.last_error_at is not None
    step = _NEXT_STEP[row.kind] if is_provider else _OF_TEAMS
    return {
        "state": "faulty" if since else "working" if is_known else "unknown",
        "since": since,
        "last_error": row.last_error,
        "last_error_at": row.last_error_at,
        "last_success_at": row.last_success_at,
        "next_step": step if since else None,
    }


def _since(row: MessageProvider | TeamsChannel) -> datetime | None:
    return row.fault_at if isinstance(row, MessageProvider) else row.broken_at


def way_tag(row: MessageProvider | TeamsChannel) -> str:
    """Moves with what was set and with how it is doing: `"v3.5f1c…"`."""
    return f'"v{row.version}.{digest_etag(row.fault, _since(row), row.last_error_at, row.last_success_at)[1:17]}"'


def of_settings(expected: Expected) -> Expected:
    """If-Match of somebody who changes what was set: how the way was doing then does not matter."""
    return replace(expected, header=_SEEN.sub(r'"\1"', expected.header)) if expected.header else expected
