"""Offers, answers, sign-ups and participation over HTTP."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.core.privacy import OneLine, SafeText
from app.schemes.schemas.members import PracticeCode
from app.schemes.values import Capacity, ImprovementAreaText, Signatory, SignUp

Name = Annotated[OneLine, Field(min_length=1, max_length=200)]
Line = Annotated[OneLine, Field(max_length=500)]


class OffersIn(StrictModel):
    """The practices to which the live version is offered; `"all"` is every member of today."""

    model_config = {"json_schema_extra": {"examples": [{"practices": "all", "respond_by": "2026-12-31"}]}}

    practices: Annotated[list[PracticeCode], Field(min_length=1, max_length=10_000)] | Literal["all"]
    respond_by: date


class OfferSummary(BaseModel):
    id: UUID
    practice: str
    state: Literal["offered", "accepted", "declined"]
    respond_by: date | None
    offered_at: Instant | None


class OffersAnswer(BaseModel):
    """`unchanged` are the practices that had agreed, or still had time to answer."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "created": 1,
                    "unchanged": 0,
                    "offers": [
                        {
                            "id": "0198c0de-0000-7000-8000-000000000011",
                            "practice": "ZZ0001",
                            "state": "offered",
                            "respond_by": "2026-12-31",
                            "offered_at": "2026-11-22T10:00:00Z",
                        }
                    ],
                }
            ]
        }
    }

    created: int
    unchanged: int
    offers: list[OfferSummary]


class SignatoryModel(StrictModel):
    name: Name
    capacity: Capacity

    def signatory(self) -> Signatory:
        return Signatory(self.name, self.capacity)


class ImprovementArea(StrictModel):
    """Something the practice means to improve, agreed with the locality's clinical lead."""

    title: Name
    baseline: Line | None = None
    target: Line | None = None
    measure: Line | None = None
    review_on: date | None = None


class AcceptIn(StrictModel):
    """`words_digest` is of the words that are accepted; left out, those that were offered. When other words apply by now,
    the answer is 409 with the digest of those.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "signatory": {"name": "Dr Ada Wren", "capacity": "contract_holder"},
                    "improvement_areas": [{"title": "Earlier diagnosis of diabetes", "review_on": "2027-03-01"}],
                }
            ]
        }
    }

    signatory: SignatoryModel
    named_lead: UUID | None = None
    improvement_areas: list[ImprovementArea] = Field(default_factory=list, max_length=20)
    words_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    def areas(self) -> list[ImprovementAreaText]:
        return [
            ImprovementAreaText(each.title, each.baseline, each.target, each.measure, each.review_on)
            for each in self.improvement_areas
        ]


class DeclineIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [{"reason": "We have nobody free on Wednesdays."}]}}

    reason: Annotated[SafeText, Field(min_length=1, max_length=2000)]


class SignUpIn(StrictModel):
    """An agreement signed on paper. `from` and `until`, where given, narrow it; otherwise it is for the whole scheme."""

    practice: PracticeCode
    signed_on: date
    signatory: SignatoryModel
    evidence: Annotated[SafeText, Field(max_length=500)] | None = None
    historical: Annotated[bool, Field(strict=True)] = False
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _until_after_from(self) -> Self:
        if self.from_ is not None and self.until is not None and self.until <= self.from_:
            raise PydanticCustomError("period_ends_before_it_starts", "`until` has to be later than `from`.")
        return self

    def sign_up(self) -> SignUp:
        return SignUp(
            practice=self.practice,
            signed_on=self.signed_on,
            signatory=self.signatory.signatory(),
            evidence=self.evidence,
            historical=self.historical,
            valid_from=self.from_,
            valid_until=self.until,
        )


class SignUpsIn(StrictModel):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "sign_ups": [
                        {
                            "practice": "ZZ0001",
                            "signed_on": "2026-04-03",
                            "signatory": {"name": "Dr Ada Wren", "capacity": "contract_holder"},
                            "evidence": "scan 2026/117",
                        }
                    ]
                }
            ]
        }
    }

    sign_ups: Annotated[list[SignUpIn], Field(min_length=1, max_length=10_000)]


class SignUpsAnswer(BaseModel):
    model_config = {"json_schema_extra": {"examples": [{"created": 43, "updated": 0, "unchanged": 2}]}}

    created: int
    updated: int
    unchanged: int


class Participation(BaseModel):
    """A practice's place in the scheme: offered, accepted or declined; `on_behalf` where the office recorded it.

    `signatory`, `evidence` and `decline_reason` are null for callers who may not see them.
    """

    id: UUID = Field(description="The offer's id.")
    scheme: UUID
    practice: str
    state: Literal["offered", "accepted", "declined", "lapsed"]
    on_behalf: bool
    historical: bool
    respond_by: date | None
    offered_at: Instant | None
    version: int | None
    words_digest: str | None = Field(description="SHA-256 of the words that were offered, or accepted.")
    from_: date | None = Field(alias="from", description="First day of the agreement; null: as the scheme.")
    until: date | None
    signed_on: date | None
    signatory: SignatoryModel | None
    evidence: str | None
    named_lead: UUID | None
    improvement_areas: list[ImprovementArea]
    decline_reason: str | None
    answered_at: Instant | None

    model_config = {
        "validate_by_name": True,
        "validate_by_alias": True,
        "serialize_by_alias": True,
        "json_schema_extra": {
            "examples": [
                {
                    "id": "0198c0de-0000-7000-8000-000000000011",
                    "scheme": "0198c0de-0000-7000-8000-000000000010",
                    "practice": "ZZ0001",
                    "state": "accepted",
                    "on_behalf": False,
                    "historical": False,
                    "respond_by": "2026-12-31",
                    "offered_at": "2026-11-22T10:00:00Z",
                    "version": 1,
                    "words_digest": "a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1",
                    "from": None,
                    "until": None,
                    "signed_on": "2026-11-24",
                    "signatory": {"name": "Dr Ada Wren", "capacity": "contract_holder"},
                    "evidence": None,
                    "named_lead": None,
                    "improvement_areas": [
                        {
                            "title": "Earlier diagnosis of diabetes",
                            "baseline": None,
                            "target": None,
                            "measure": None,
                            "review_on": "2027-03-01",
                        }
                    ],
                    "decline_reason": None,
                    "answered_at": "2026-11-24T12:00:00Z",
                }
            ]
        },
    }


class ParticipationPage(PageModel):
    data: list[Participation]


class ParticipationParams(PageParams):
    state: Literal["offered", "accepted", "declined", "lapsed"] | None = None
