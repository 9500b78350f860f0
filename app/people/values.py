"""The words of people: the posts there are, where each can be held, and what other slices get back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol
from uuid import UUID

from app.core.db import Tx

StaleReason = Literal["not_confirmed", "bounced"]
STALE_AFTER_DAYS: Final = 180
PRACTICE_REACHES_BACK_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Among:
    """Of everybody, only these are looked at: persons by id, the shared mailboxes of these practices, and whoever holds a
    post `at` these.
    """

    people: frozenset[UUID]
    mailboxes_of: frozenset[str]
    at: frozenset[str] = frozenset()


class PostLevel(StrEnum):
    PRACTICE = "practice"
    LOCALITY = "locality"
    COMMISSIONER = "commissioner"
    LMC = "lmc"


class PostRole(StrEnum):
    NAMED_LEAD = "named_lead"
    DEPUTY_LEAD = "deputy_lead"
    PRACTICE_MANAGER = "practice_manager"
    DEPUTY_MANAGER = "deputy_manager"
    GP = "gp"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    SESSIONAL_GP = "sessional_gp"
    STAFF = "staff"
    LOCALITY_LEAD = "locality_lead"
    LOCALITY_MANAGER = "locality_manager"
    CLINICAL_LEAD = "clinical_lead"
    ENGAGEMENT_LEAD = "engagement_lead"
    SCHEME_MANAGER = "scheme_manager"
    FINANCE_OFFICER = "finance_officer"
    CHIEF_EXECUTIVE = "chief_executive"
    CHAIR = "chair"
    LMC_OFFICER = "lmc_officer"


_PRACTICE_ONLY: Final = frozenset({PostLevel.PRACTICE})
_OFFICE: Final = frozenset({PostLevel.COMMISSIONER})
_AREA: Final = frozenset({PostLevel.LOCALITY, PostLevel.COMMISSIONER})
LEVELS: Final[Mapping[PostRole, frozenset[PostLevel]]] = MappingProxyType(
    {
        PostRole.NAMED_LEAD: _PRACTICE_ONLY,
        PostRole.DEPUTY_LEAD: _PRACTICE_ONLY,
        PostRole.PRACTICE_MANAGER: _PRACTICE_ONLY,
        PostRole.DEPUTY_MANAGER: _PRACTICE_ONLY,
        PostRole.GP: _PRACTICE_ONLY,
        PostRole.NURSE: _PRACTICE_ONLY,
        PostRole.PHARMACIST: _PRACTICE_ONLY,
        # Most sessional GPs belong to no practice in particular.
        PostRole.SESSIONAL_GP: frozenset({PostLevel.PRACTICE, PostLevel.COMMISSIONER}),
        PostRole.STAFF: frozenset(PostLevel),
        PostRole.LOCALITY_LEAD: frozenset({PostLevel.LOCALITY}),
        PostRole.LOCALITY_MANAGER: frozenset({PostLevel.LOCALITY}),
        PostRole.CLINICAL_LEAD: _AREA,
        PostRole.ENGAGEMENT_LEAD: _AREA,
        PostRole.SCHEME_MANAGER: _OFFICE,
        PostRole.FINANCE_OFFICER: _OFFICE,
        PostRole.CHIEF_EXECUTIVE: _OFFICE,
        PostRole.CHAIR: frozenset({PostLevel.COMMISSIONER, PostLevel.LMC}),
        PostRole.LMC_OFFICER: frozenset({PostLevel.LMC}),
    }
)
AT_PRACTICES: Final = tuple(role for role in PostRole if PostLevel.PRACTICE in LEVELS[role])
TITLES: Final[Mapping[PostRole, str]] = MappingProxyType(
    {role: role.value.replace("_", " ").capitalize() for role in PostRole}
    | {
        PostRole.GP: "GP",
        PostRole.SESSIONAL_GP: "Sessional GP",
        PostRole.LMC_OFFICER: "LMC officer",
    }
)
LISTED_BY_DEFAULT: Final = frozenset({PostRole.NAMED_LEAD, PostRole.PRACTICE_MANAGER})


@dataclass(frozen=True, slots=True)
class PersonRef:
    id: UUID
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to be made. `listed` None: as the role usually is; `level` None: as the place says."""

    role: PostRole
    valid_from: date
    valid_until: date | None = None
    practice: str | None = None
    locality_id: UUID | None = None
    level: PostLevel | None = None
    listed: bool | None = None


class ExportPerson(Protocol):
    """Offered by each slice in its service: what it holds on the person, for their own copy."""

    async def __call__(self, session: Tx, person_id: UUID) -> dict[str, Any]: ...


class ErasePerson(Protocol):
    """Offered by each slice that holds more than ids: forget who the person was."""

    async def __call__(self, session: Tx, person_id: UUID, *, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class PersonHolder:
    """A slice that holds something on persons. `on_erasure` says what goes and what stays, in one sentence."""

    name: str
    export: ExportPerson
    erase: ErasePerson | None
    on_erasure: str


class PersonHolders(tuple[PersonHolder, ...]):
    """All of them, in the order of an erasure."""

    __slots__ = ()
