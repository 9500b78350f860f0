"""Who is meant, as data: kept with what is said, and looked up anew whenever something goes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Audience:
    """Posts by `roles`, at practices that are named or in one of the `localities`; None sets no limit of that kind.

    `networks` are primary care networks, by code: their practices of the day. `scheme` narrows the practices to those that
    take part in it, or whose part is in `state`; `claim_due`: that have not declared a claim whose time ends within so many
    days. `people` are meant whatever
    their posts, and so are the `holders` of these roles of access: with `around` those who hold it for that practice, for
    its locality or for the whole commissioner.
    """

    roles: tuple[str, ...] | None = None
    localities: tuple[UUID, ...] | None = None
    practices: tuple[str, ...] | None = None
    networks: tuple[str, ...] | None = None
    scheme: UUID | None = None
    state: str | None = None
    within_days: int | None = None
    people: frozenset[UUID] = frozenset()
    holders: frozenset[str] = frozenset()
    around: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "roles": None if self.roles is None else list(self.roles),
            "localities": None if self.localities is None else [str(each) for each in self.localities],
            "practices": None if self.practices is None else list(self.practices),
            "networks": None if self.networks is None else list(self.networks),
            "scheme": None if self.scheme is None else str(self.scheme),
            "state": self.state,
            "within_days": self.within_days,
            "people": sorted(map(str, self.people)),
            "holders": sorted(self.holders),
            "around": self.around,
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Audience":
        return cls(
            roles=None if stored["roles"] is None else tuple(stored["roles"]),
            localities=None if stored["localities"] is None else tuple(map(UUID, stored["localities"])),
            practices=None if stored["practices"] is None else tuple(stored["practices"]),
            networks=None if stored.get("networks") is None else tuple(stored["networks"]),
            scheme=None if stored["scheme"] is None else UUID(stored["scheme"]),
            state=stored["state"],
            within_days=stored.get("within_days"),
            # Announcements were kept without the rest once.
            people=frozenset(map(UUID, stored.get("people", ()))),
            holders=frozenset(stored.get("holders", ())),
            around=stored.get("around"),
        )

    @classmethod
    def of_people(cls, *people: UUID) -> "Audience":
        """Nobody but these."""
        return cls(roles=(), practices=(), people=frozenset(people))

    @classmethod
    def of_holders(cls, *roles: str, around: str | None = None) -> "Audience":
        """Nobody but those who hold one of these roles of access."""
        return cls(roles=(), practices=(), holders=frozenset(roles), around=around)


CLAIM_DUE: Final = "claim_due"
CLAIM_DUE_DAYS: Final = 5


@dataclass(frozen=True, slots=True)
class Meant:
    """An audience as it is today, ready to be looked up: a practice counts when it is among `practices` or in one of
    `localities`. `people` are meant whatever their posts.
    """

    roles: tuple[str, ...] | None
    localities: tuple[UUID, ...] | None = None
    practices: tuple[str, ...] | None = None
    people: frozenset[UUID] = frozenset()
