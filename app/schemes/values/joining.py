"""Who takes part in a scheme: offers, agreements and sign-ups."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from app.calculation.values import Range
from app.core.clock import Period


class ParticipationState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class ParticipationSource(StrEnum):
    """Whether the practice answered an offer itself, or the office recorded an agreement signed on paper."""

    OFFER = "offer"
    SIGN_UP = "sign_up"


ParticipationPart = Literal["offers", "participation", "sign-ups"]
"""What was offered, whatever came of it; everybody who was asked or has agreed; what the office recorded."""


class Capacity(StrEnum):
    CONTRACT_HOLDER = "contract_holder"
    AUTHORISED = "authorised"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an accepted agreement says of its own time, and the year of its scheme for what it does not say."""

    practice: str
    valid_from: date | None
    valid_until: date | None
    year: Period


@dataclass(frozen=True, slots=True)
class Signatory:
    name: str
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class ParticipationRef:
    """A practice's part in a scheme, as other slices see it. `id` is that of the offer."""

    id: UUID
    practice: str
    state: ParticipationState
    respond_by: date | None
    signed_on: date | None
    signatory: Signatory | None


@dataclass(frozen=True, slots=True)
class OfferInWords:
    """An offer as its practice reads it today: the words that it would agree to, and pence it can earn by them (None where
    that cannot be worked out; `most` None where nothing bounds it). `is_reworded`: other words were offered.
    """

    part: ParticipationRef
    scheme_title: str
    scheme_purpose: str
    answered_at: datetime | None
    is_lapsed: bool
    words: str
    words_digest: str
    is_reworded: bool
    earns: Range | None


@dataclass(frozen=True, slots=True)
class SignUp:
    practice: str
    signed_on: date
    signatory: Signatory
    evidence: str | None = None
    historical: bool = False
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class SignUpOutcome:
    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class OfferOutcome:
    created: int
    unchanged: int
    offers: tuple["OfferRef", ...]


@dataclass(frozen=True, slots=True)
class OfferRef:
    id: UUID
    scheme_id: UUID
    practice: str
    state: ParticipationState
    respond_by: date | None
    offered_at: datetime | None
