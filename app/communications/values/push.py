"""Notifications in browsers."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

MOST_BROWSERS: Final = 20
"""Of one person; each message goes to all of them."""


@dataclass(frozen=True, slots=True)
class WantedBrowser:
    """What a browser says of itself when it subscribes; keys in base64url."""

    endpoint: str = field(repr=False)
    p256dh: str
    auth: str = field(repr=False)
    device: str | None


@dataclass(frozen=True, slots=True)
class Browser:
    """One to send to. `signs`: the seed of the key of ours that it was told of."""

    id: UUID
    endpoint: str = field(repr=False)
    p256dh: bytes
    auth: bytes = field(repr=False)
    signs: bytes = field(repr=False)
