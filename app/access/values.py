"""The words of access: roles, and the one table of what each role may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.core.principal import BoundaryType


class Role(StrEnum):
    PLATFORM_ADMIN = "platform_admin"
    COMMISSIONER_ADMIN = "commissioner_admin"
    SCHEME_MANAGER = "scheme_manager"
    CLAIMS_VETTER = "claims_vetter"
    PAYMENTS_APPROVER = "payments_approver"
    PAYMENTS_RELEASER = "payments_releaser"
    ENGAGEMENT_LEAD = "engagement_lead"
    LOCALITY_LEAD = "locality_lead"
    PRACTICE_LEAD = "practice_lead"
    PRACTICE_MANAGER = "practice_manager"
    PRACTICE_MEMBER = "practice_member"
    SESSIONAL_CLINICIAN = "sessional_clinician"
    LMC_OFFICER = "lmc_officer"
    FORUM_COORDINATOR = "forum_coordinator"
    FORUM_MEMBER = "forum_member"
    EDITOR = "editor"
    AUDITOR = "auditor"
    INTRANET = "intranet"


PURPOSES: Final[dict[Role, str]] = {
    Role.PLATFORM_ADMIN: "makes commissioners, imports the register, gives the money roles",
    Role.COMMISSIONER_ADMIN: "keeps localities, people, sign-ups and keys, and reads every list",
    Role.SCHEME_MANAGER: "writes and publishes schemes, makes offers, records evidence, asks for payment runs, answers queries",
    Role.CLAIMS_VETTER: "vets claims",
    Role.PAYMENTS_APPROVER: "approves or rejects claims and payment runs, and corrections that queries lead to",
    Role.PAYMENTS_RELEASER: "releases payment runs, confirms suppliers, and loads what the ledger answered",
    Role.ENGAGEMENT_LEAD: "holds meetings and answers issues for the commissioner",
    Role.LOCALITY_LEAD: "holds meetings and answers issues for a locality",
    Role.PRACTICE_LEAD: "acts for a practice in schemes, meetings and issues",
    Role.PRACTICE_MANAGER: "acts for a practice and keeps its posts",
    Role.PRACTICE_MEMBER: "follows what concerns their practice",
    Role.SESSIONAL_CLINICIAN: "keeps their own learning record and inbox",
    Role.LMC_OFFICER: "reads schemes and shared queries, and comments on drafts in consultation, for the local medical committee",
    Role.FORUM_COORDINATOR: "runs patient forums",
    Role.FORUM_MEMBER: "takes part in a patient forum",
    Role.EDITOR: "publishes announcements",
    Role.AUDITOR: "reads what was decided, by whom and on which evidence",
    Role.INTRANET: "reads what may be shown to all staff; writes nothing",
}

# Granted and keyed by platform_admin only, audited and announced to the tenant's auditors and money roles.
MONEY_ROLES: Final = frozenset({Role.CLAIMS_VETTER, Role.PAYMENTS_APPROVER, Role.PAYMENTS_RELEASER})
# Every other role acts for somebody, so its keys need a person.
ROLES_WITHOUT_PERSON: Final = frozenset({Role.PLATFORM_ADMIN, Role.INTRANET, Role.AUDITOR})
PRACTICE_ROLES: Final = frozenset({Role.PRACTICE_LEAD, Role.PRACTICE_MANAGER, Role.PRACTICE_MEMBER})

# Within what a role can be held; the first is taken when none is named.
_ANYWHERE: Final[tuple[BoundaryType, ...]] = ("commissioner", "locality", "practice")
ROLE_BOUNDARIES: Final[dict[Role, tuple[BoundaryType, ...]]] = {
    **dict.fromkeys(Role, ("commissioner",)),
    **dict.fromkeys(PRACTICE_ROLES, ("practice",)),
    Role.PLATFORM_ADMIN: ("platform",),
    Role.SESSIONAL_CLINICIAN: ("self",),
    Role.LOCALITY_LEAD: ("locality", "commissioner"),
    Role.ENGAGEMENT_LEAD: ("commissioner", "locality"),
    Role.EDITOR: ("commissioner", "locality"),
    Role.LMC_OFFICER: ("commissioner", "locality"),
    Role.FORUM_COORDINATOR: _ANYWHERE,
    Role.FORUM_MEMBER: _ANYWHERE,
    Role.INTRANET: _ANYWHERE,
}


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a role holds. The id is the commissioner's code, the locality's id or the practice's code."""

    type: BoundaryType
    id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A key that is good, and its tenant, as they are found by the secret's hash."""

    id: UUID
    commissioner_id: UUID
    commissioner_code: str
    role: str
    boundary: BoundaryType
    boundary_id: str | None
    person_id: UUID | None
    name: str
    origins: Sequence[str]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGrant:
    """A role of a person in one tenant, as it is found by the address of a token."""

    commissioner_id: UUID
    commissioner_code: str
    person_id: UUID
    person_name: str
    role: str
    boundary: BoundaryType
    boundary_id: str | None
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class NamedPerson:
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRole:
    """A role that is to be given to a key or to a person."""

    role: Role
    boundary: Boundary | None = None
    person_id: UUID | None = None
    person: NamedPerson | None = None
    by_platform: bool = False
    """Whether the platform gives it: it alone gives the money roles and its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """What a key is called, where it may be used from, and until when."""

    name: str
    origins: tuple[str, ...] = ()
    expires_at: datetime | None = None


_DIRECTORY = ("self:read", "practices:read", "announcements:read", "changes:read", "forums:public")
_STAFF = (
    *_DIRECTORY,
    "self:write",
    "schemes:read",
    "meetings:read",
    "meetings:all",
    "issues:read",
    "issues:all",
    "forums:read",
    "inbox:own",
    "people:read",
    "calculator:use",
)
_PRACTICE = (
    *_STAFF,
    "attendance:read",
    "practice:own",
    "statements:own",
    "learning:own",
)
# Whoever sees every draft sees those that were put to consultation; what was is all that the LMC sees.
_DRAFTS = ("schemes:drafts", "schemes:consultations")
# Whoever reads a run's statements reads a practice's as well; a practice reads its own alone.
_RUNS = ("runs:read", "statements:read", "statements:own")
_QUERIES = ("queries:read", "queries:all")
_ASKING = (*_QUERIES, "queries:raise", "queries:write")

ROLE_SCOPES: Final[dict[Role, frozenset[str]]] = {
    role: frozenset(scopes)
    for role, scopes in {
        Role.PLATFORM_ADMIN: (
            "self:read",
            "practices:read",
            "commissioners:read",
            "commissioners:write",
            "keys:read",
            "keys:write",
            "imports:register",
            "imports:write",
            "imports:read",
            "practice_changes:read",
            "practice_changes:write",
            "jobs:read",
            "jobs:write",
            "audit:read",
            "metrics:read",
            "calculator:use",
        ),
        Role.COMMISSIONER_ADMIN: (
            *_STAFF,
            "attendance:read",
            *_DRAFTS,
            "practices:write",
            "people:write",
            "posts:write",
            "keys:read",
            "keys:write",
            "imports:local",
            "imports:write",
            "imports:read",
            "practice_changes:read",
            "practice_changes:write",
            "signups:write",
            "claims:read",
            "runs:read",
            "payment_settings:write",
            "statements:read",
            "statements:own",
            *_QUERIES,
            "facts:read",
            "forums:members",
            "deliveries:read",
            "deliveries:write",
            "channels:read",
            "channels:write",
            "feeds:read",
            "feeds:write",
            "templates:read",
            "templates:write",
            "jobs:read",
            "jobs:write",
            "audit:read",
            "webhooks:read",
            "webhooks:write",
        ),
        Role.SCHEME_MANAGER: (
            *_STAFF,
            "attendance:read",
            *_RUNS,
            *_QUERIES,
            "queries:write",
            "queries:answer",
            *_DRAFTS,
            "schemes:write",
            "offers:write",
            "signups:write",
            "facts:read",
            "facts:write",
            "facts:enter",
            "claims:read",
            "claims:prepare",
            "runs:write",
            "suppliers:propose",
            "files:write",
            "meetings:write",
            "meetings:evidence",
            "deliveries:read",
            "templates:read",
        ),
        Role.CLAIMS_VETTER: (
            *_STAFF,
            *_RUNS,
            *_QUERIES,
            *_DRAFTS,
            "claims:read",
            "claims:vet",
            "claims:decide",
            "facts:read",
        ),
        Role.PAYMENTS_APPROVER: (
            *_STAFF,
            *_RUNS,
            *_QUERIES,
            *_DRAFTS,
            "claims:read",
            "claims:approve",
            "claims:decide",
            "payments:approve",
            "payments:reject",
            "suppliers:propose",
            "suppliers:confirm",
            "facts:read",
        ),
        Role.PAYMENTS_RELEASER: (
            *_STAFF,
            *_RUNS,
            *_QUERIES,
            *_DRAFTS,
            "claims:read",
            "payments:release",
            "payments:reject",
            "files:write",
            "suppliers:propose",
            "suppliers:confirm",
            "facts:read",
        ),
        Role.ENGAGEMENT_LEAD: (
            *_STAFF,
            "attendance:read",
            "meetings:write",
            "meetings:evidence",
            "issues:respond",
            "issues:move",
            "forums:members",
            "facts:read",
            *_QUERIES,
            "templates:read",
        ),
        Role.LOCALITY_LEAD: (
            *_STAFF,
            "attendance:read",
            "meetings:write",
            "issues:respond",
            "issues:move",
            "forums:members",
            "facts:read",
        ),
        Role.PRACTICE_LEAD: (
            *_PRACTICE,
            *_ASKING,
            "offers:answer",
            "facts:enter",
            "facts:read",
            "claims:read",
            "claims:declare",
            "issues:raise",
            "issues:respond",
            "meetings:write",
            "forums:members",
        ),
        Role.PRACTICE_MANAGER: (
            *_PRACTICE,
            "offers:answer",
            "facts:enter",
            "facts:read",
            "claims:read",
            "claims:declare",
            "posts:write",
            *_ASKING,
            "issues:raise",
            "issues:respond",
            "meetings:write",
            "forums:write",
            "forums:members",
        ),
        Role.PRACTICE_MEMBER: (*_PRACTICE, "facts:read", "claims:read", "issues:raise"),
        Role.SESSIONAL_CLINICIAN: (*_DIRECTORY, "self:write", "meetings:read", "inbox:own", "learning:own"),
        Role.LMC_OFFICER: (*_STAFF, "schemes:consultations", "schemes:comment", "queries:read"),
        Role.FORUM_COORDINATOR: (
            *_STAFF,
            "forums:write",
            "forums:members",
            "issues:raise",
            "issues:move",
            "attendance:read",
            "meetings:write",
        ),
        Role.FORUM_MEMBER: (
            *_DIRECTORY,
            "self:write",
            "forums:read",
            "issues:read",
            "issues:raise",
            "meetings:read",
            "inbox:own",
        ),
        Role.EDITOR: (
            *_STAFF,
            "announcements:write",
            "deliveries:read",
            "feeds:read",
            "feeds:write",
            "templates:read",
            "templates:write",
        ),
        Role.AUDITOR: (
            *_DIRECTORY,
            *_RUNS,
            *_QUERIES,
            *_DRAFTS,
            "schemes:read",
            "claims:read",
            "facts:read",
            "attendance:read",
            "meetings:read",
            "meetings:all",
            "issues:read",
            "issues:all",
            "forums:read",
            "audit:read",
            "keys:read",
            "jobs:read",
            "imports:read",
            "practice_changes:read",
            "templates:read",
        ),
        Role.INTRANET: (*_DIRECTORY, "schemes:read", "meetings:read", "feeds:read"),
    }.items()
}
