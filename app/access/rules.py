"""Pure rules of access: what an origin is, and who may give which role."""

import re
from typing import Final

from app.access.values import MONEY_ROLES, PURPOSES, ROLE_BOUNDARIES, ROLE_SCOPES, ROLES_WITHOUT_PERSON, Role

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


def roles_page() -> str:
    """The role table as Markdown, for docs/roles.md."""
    lines = ["| role | for | held within | person |", "|---|---|---|---|"]
    for role in Role:
        person = "may have one" if role in ROLES_WITHOUT_PERSON else "needs one"
        lines.append(f"| `{role}` | {PURPOSES[role]} | {', '.join(ROLE_BOUNDARIES[role])} | {person} |")
    lines += ["", "| scope | roles |", "|---|---|"]
    for scope in sorted(frozenset().union(*ROLE_SCOPES.values())):
        holders = [role for role in Role if scope in ROLE_SCOPES[role]]
        lines.append(f"| `{scope}` | {'every role' if len(holders) == len(Role) else ', '.join(holders)} |")
    return "\n".join(lines) + "\n"
