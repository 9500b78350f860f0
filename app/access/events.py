"""What access announces."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MoneyRoleGranted(Event):
    """Somebody may now vet, approve or release money. The subject is the key's or the grant's id."""

    name: ClassVar[str] = "access.money_role_granted"

    role: str
    person_id: str
    how: str
    """`key` or `grant`."""
