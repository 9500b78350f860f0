"""What schemes announce. Drafts are announced to nobody, so the change feed never shows them."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.changes import Marks, practice_marks
from app.core.events import Event, Resource

CLAIM = Resource("claim", href="/v1/claims/{}", scope="claims:read", is_bounded=True)
SCHEME = Resource("scheme", href="/v1/incentive-schemes/{}", scope="schemes:read")


@dataclass(frozen=True, kw_only=True)
class VersionPublished(Event):
    name: ClassVar[str] = "schemes.version_published"
    resource: ClassVar[Resource | None] = SCHEME

    n: int


@dataclass(frozen=True, kw_only=True)
class SchemeChanged(Event):
    """A published scheme's title, purpose, budget or terms changed, or it was closed."""

    name: ClassVar[str] = "schemes.scheme_changed"
    resource: ClassVar[Resource | None] = SCHEME


@dataclass(frozen=True, kw_only=True)
class OffersMade(Event):
    """The subject is the scheme; the practices are those that had no offer before."""

    name: ClassVar[str] = "schemes.offers_made"

    practices: list[str]


@dataclass(frozen=True, kw_only=True)
class OfferAnswered(Event):
    """The subject is the offer."""

    name: ClassVar[str] = "schemes.offer_answered"

    scheme: str
    practice: str
    state: str


@dataclass(frozen=True, kw_only=True)
class SignedUp(Event):
    """The office recorded agreements on these practices' behalf. The subject is the scheme."""

    name: ClassVar[str] = "schemes.signed_up"

    practices: list[str]


@dataclass(frozen=True, kw_only=True)
class SimulationRequested(Event):
    """The subject is the operation. `against` names the scheme to compare with, where it is another one."""

    name: ClassVar[str] = "schemes.simulation_requested"

    scheme: str
    n: int
    against: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimEvent(Event):
    """The subject is the claim; `step` is the number of the step that it has taken."""

    resource: ClassVar[Resource | None] = CLAIM

    step: int
    practice: str

    @property
    def concerns(self) -> Marks:
        return practice_marks([self.practice])


@dataclass(frozen=True, kw_only=True)
class ClaimChanged(ClaimEvent):
    """A step that its practice takes itself, or that changes nothing for it yet."""

    name: ClassVar[str] = "schemes.claim_changed"


@dataclass(frozen=True, kw_only=True)
class ClaimVoided(ClaimEvent):
    """A value that was declared has changed, so the claim is open again."""

    name: ClassVar[str] = "schemes.claim_voided"


@dataclass(frozen=True, kw_only=True)
class ClaimHeld(ClaimEvent):
    name: ClassVar[str] = "schemes.claim_held"


@dataclass(frozen=True, kw_only=True)
class ClaimApproved(ClaimEvent):
    """By everybody whom its amount needs."""

    name: ClassVar[str] = "schemes.claim_approved"


@dataclass(frozen=True, kw_only=True)
class ClaimRejected(ClaimEvent):
    name: ClassVar[str] = "schemes.claim_rejected"


@dataclass(frozen=True, kw_only=True)
class OffersDue(Event):
    """The subject is the scheme; these practices have not answered its offer yet, and a week or less is left."""

    name: ClassVar[str] = "schemes.offers_due"

    practices: list[str]


@dataclass(frozen=True, kw_only=True)
class ClaimsDue(Event):
    """The subject is the scheme; these practices have not declared for the period, which closes in a few days."""

    name: ClassVar[str] = "schemes.claims_due"

    period_from: str
    period_until: str
    closes_on: str
    practices: list[str]


@dataclass(frozen=True, kw_only=True)
class SessionsDue(Event):
    """The subject is the scheme; these practices are asked which sessions they held in a month."""

    name: ClassVar[str] = "schemes.sessions_due"

    measure: str
    period_from: str
    period_until: str
    practices: list[str]


@dataclass(frozen=True, kw_only=True)
class ConsultationOpened(Event):
    """A draft was put to consultation, or its last day was changed. The subject is the scheme."""

    name: ClassVar[str] = "schemes.consultation_opened"

    n: int
    until: str


@dataclass(frozen=True, kw_only=True)
class CommentMade(Event):
    """The subject is the comment."""

    name: ClassVar[str] = "schemes.comment_made"

    scheme: str
    n: int


@dataclass(frozen=True, kw_only=True)
class CommentAnswered(Event):
    """The subject is the comment."""

    name: ClassVar[str] = "schemes.comment_answered"

    scheme: str
    n: int


@dataclass(frozen=True, kw_only=True)
class ClaimsPrepared(Event):
    """The office made claims on these practices' behalf, which they declare themselves. The subject is the scheme."""

    name: ClassVar[str] = "schemes.claims_prepared"

    period_from: str
    period_until: str
    practices: list[str]
