"""Pure rules of access: what an origin is, and who may give which role."""

import re
from typing import Final

from app.access.values import MONEY_ROLES, Role

MOST_ORIGINS: Final = 20
# As a browser writes it: no path, no default port, lower case. Anything else would never match the header.
_ORIGIN: Final = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?(?::[0-9]{2,5})?|http://(?:localhost|127\.0\.0\.1)(?::[0-9]{2,5})?"
)


def is_origin(text: str) -> bool:
    """Whether a browser could send this as `Origin`: https, or http on the developer's own machine."""
    return _ORIGIN.fullmatch(text) is not None and not text.endswith((":443", "http://localhost:80"))


def needs_platform(role: Role) -> bool:
    """The roles that decide about money, and the platform's own, are given by the platform alone."""
    return role in MONEY_ROLES or role is Role.PLATFORM_ADMIN
