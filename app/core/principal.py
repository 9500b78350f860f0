"""Who is asking: a credential, the person behind it, and what each of their grants allows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from uuid import UUID

from app.core.errors import Forbidden
from app.core.ids import PLATFORM_ID

BoundaryType = Literal["commissioner", "locality", "practice", "self", "platform"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within a boundary. `boundary_id` is the commissioner's code, the locality's id or the practice's code."""

    role: str
    boundary: BoundaryType
    boundary_id: str | None
    scopes: frozenset[str]


@dataclass(frozen=True)
class Principal:
    commissioner_id: UUID
    commissioner_code: str
    credential_id: UUID
    credential_kind: Literal["key", "token"]
    name: str
    person_id: UUID | None
    grants: tuple[Grant, ...]
    origins: tuple[str, ...] = ()

    @cached_property
    def scopes(self) -> frozenset[str]:
        return frozenset().union(*(grant.scopes for grant in self.grants))

    @cached_property
    def roles(self) -> tuple[str, ...]:
        return tuple(sorted({grant.role for grant in self.grants}))

    @property
    def is_platform(self) -> bool:
        return self.commissioner_id == PLATFORM_ID

    @cached_property
    def visibility(self) -> str:
        """What the caller may see, as a stable text: part of every list's ETag."""
        return "|".join(sorted(f"{g.role}:{g.boundary}:{g.boundary_id or ''}" for g in self.grants))

    def has(self, scope: str) -> bool:
        return scope in self.scopes

    def covers_commissioner(self, scope: str) -> bool:
        """True when the scope is held for the whole commissioner (or the platform)."""
        return any(scope in g.scopes and g.boundary in ("commissioner", "platform") for g in self.grants)

    def practices(self, scope: str) -> frozenset[str]:
        """The practices for which the scope is held by a practice boundary; ask `covers_commissioner` first."""
        return self._bound(scope, "practice")

    def localities(self, scope: str) -> frozenset[str]:
        return self._bound(scope, "locality")

    def _bound(self, scope: str, boundary: BoundaryType) -> frozenset[str]:
        return frozenset(
            g.boundary_id for g in self.grants if scope in g.scopes and g.boundary == boundary and g.boundary_id
        )

    def require_person(self) -> UUID:
        """The person acting. Roles that act for somebody always have one; a bare machine key does not."""
        if self.person_id is None:
            raise Forbidden("This needs a credential that belongs to a person.")
        return self.person_id
