"""Facts and entitlements over HTTP."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant, PeriodModel
from app.core.http import CodeInAddress, PageModel, StrictModel
from app.core.money import DecimalText, PoundsSum
from app.core.pagination import PageParams
from app.core.privacy import SafeText
from app.schemes.schemas.calculator import Line
from app.schemes.schemas.members import ExternalId, FactName, PracticeCode, Quantified, Subject
from app.schemes.values import FactEntry


class FactIn(Quantified):
    """Either `value`, or `numerator` and `denominator`. `measure` is the name that definitions give in `"fact"`."""

    external_id: ExternalId
    practice: PracticeCode
    measure: FactName
    on: date
    subject: Subject | None = Field(default=None, description="An opaque reference; never an NHS number.")
    note: Annotated[SafeText, Field(max_length=2000)] | None = None

    def entry(self) -> FactEntry:
        return FactEntry(
            external_id=self.external_id,
            practice=self.practice,
            measure=self.measure,
            on=self.on,
            value=self.quantity(),
            numerator=None if self.numerator is None else Decimal(self.numerator),
            denominator=None if self.denominator is None else Decimal(self.denominator),
            subject=self.subject,
            note=self.note,
        )


class FactsIn(StrictModel):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "facts": [
                        {
                            "external_id": "rota-2026-05-06",
                            "practice": "ZZ0001",
                            "measure": "lead_session",
                            "on": "2026-05-06",
                            "value": "1",
                        }
                    ]
                }
            ]
        }
    }

    facts: Annotated[list[FactIn], Field(min_length=1, max_length=10_000)]


class ConfirmIn(StrictModel):
    """Either `ids` or `external_ids`. `ids` confirms what was read: a correction is a fact with an id of its own."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"ids": ["0198c0de-0000-7000-8000-000000000011"]},
                {"external_ids": ["rota-2026-05-06"]},
            ]
        }
    }

    ids: Annotated[list[UUID], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None,
        description="Of the facts as they were read. One that was corrected or withdrawn since is refused with 409.",
    )
    external_ids: Annotated[list[ExternalId], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None, description="Confirms whatever these facts say by now, seen or not; `ids` are safer."
    )

    @model_validator(mode="after")
    def _one_way_to_name_them(self) -> Self:
        if (self.ids is None) == (self.external_ids is None):
            raise PydanticCustomError("not_valid", "Give either `ids` or `external_ids`.")
        return self


class FactsAnswer(BaseModel):
    """How many facts were new, how many superseded an earlier one, and how many said what was known already."""

    model_config = {"json_schema_extra": {"examples": [{"created": 2, "changed": 1, "unchanged": 40}]}}

    created: int
    changed: int
    unchanged: int


class ConfirmAnswer(BaseModel):
    model_config = {"json_schema_extra": {"examples": [{"confirmed": 2, "unchanged": 0}]}}

    confirmed: int
    unchanged: int


class SchemeFact(BaseModel):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "id": "0198c0de-0000-7000-8000-000000000011",
                    "external_id": "rota-2026-05-06",
                    "practice": "ZZ0001",
                    "measure": "lead_session",
                    "on": "2026-05-06",
                    "value": "1",
                    "numerator": None,
                    "denominator": None,
                    "subject": None,
                    "note": None,
                    "state": "entered",
                    "source": "practice",
                    "recorded_at": "2026-05-07T08:30:00Z",
                    "confirmed_at": None,
                    "superseded_at": None,
                }
            ]
        }
    }

    id: UUID
    external_id: str
    practice: str
    measure: str
    on: date
    value: DecimalText
    numerator: DecimalText | None
    denominator: DecimalText | None
    subject: str | None
    note: str | None
    state: Literal["entered", "confirmed"]
    source: Literal["practice", "office", "attendance"]
    recorded_at: Instant
    confirmed_at: Instant | None
    superseded_at: Instant | None


class FactPage(PageModel):
    data: list[SchemeFact]


class FactParams(PageParams):
    practice: str | None = Field(default=None, max_length=12)
    measure: str | None = Field(default=None, max_length=64)
    state: Literal["entered", "confirmed"] | None = None


class EntitlementParams(BaseModel):
    model_config = {"extra": "forbid"}

    practice: Annotated[CodeInAddress, Field(max_length=12)]
    period: str = Field(
        max_length=21,
        description="A month `2026-05`, a financial year `2026/27`, or `from/until` with `until` the day after the last:"
        " `2026-04-01/2026-07-01`.",
        examples=["2026-04-01/2026-07-01"],
    )


class Figure(BaseModel):
    total: PoundsSum
    lines: list[Line]
    notes: list[str] = Field(description="What was seen and not counted, in words.")


class EntitlementAnswer(BaseModel):
    """`so_far` is what confirmed facts earn; `expected` what it becomes when the waiting facts are confirmed. Both are
    null for a practice that is not in the scheme, and where a recorded value comes to more than can be right.

    Where claims are not required, nothing is claimed: a run pays the confirmed facts by itself.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "practice": "ZZ0001",
                    "period": {"from": "2026-04-01", "until": "2026-07-01"},
                    "version": 1,
                    "claims": "not_required",
                    "may_claim": False,
                    "reason": None,
                    "explanation": "Nothing has to be claimed: a run pays from lists, posts and confirmed facts by itself.",
                    "opens_on": "2026-07-01",
                    "closes_on": None,
                    "claim": None,
                    "so_far": {
                        "total": "600.00",
                        "lines": [
                            {
                                "component": "lead-time",
                                "kind": "entitlement",
                                "period": {"from": "2026-04-01", "until": "2026-07-01"},
                                "quantity": "2",
                                "rate": "300.00",
                                "amount": "600.00",
                                "payee": {"type": "practice", "code": "ZZ0001"},
                                "sentence": "300.00 a session x 2 sessions = 600.00.",
                                "workings": {
                                    "operator": "round",
                                    "at": "line",
                                    "mode": "half_up",
                                    "value": "600.00",
                                    "unrounded": "600",
                                    "rounded": "600.00",
                                    "inputs": [],
                                },
                                "blocked": False,
                            }
                        ],
                        "notes": [],
                    },
                    "expected": {
                        "total": "600.00",
                        "lines": [
                            {
                                "component": "lead-time",
                                "kind": "entitlement",
                                "period": {"from": "2026-04-01", "until": "2026-07-01"},
                                "quantity": "2",
                                "rate": "300.00",
                                "amount": "600.00",
                                "payee": {"type": "practice", "code": "ZZ0001"},
                                "sentence": "300.00 a session x 2 sessions = 600.00.",
                                "workings": {
                                    "operator": "round",
                                    "at": "line",
                                    "mode": "half_up",
                                    "value": "600.00",
                                    "unrounded": "600",
                                    "rounded": "600.00",
                                    "inputs": [],
                                },
                                "blocked": False,
                            }
                        ],
                        "notes": [],
                    },
                }
            ]
        }
    }

    practice: str
    period: PeriodModel
    version: int | None
    claims: Literal["required", "not_required"]
    may_claim: bool
    reason: (
        Literal[
            "schemes.window_not_open",
            "schemes.already_claimed",
            "schemes.window_missed",
            "schemes.no_claim_period",
            "schemes.not_signed_up",
            "schemes.role",
        ]
        | None
    )
    explanation: str = Field(description="In words: until when to claim, or why there is nothing to claim.")
    opens_on: date
    closes_on: date | None = Field(description="The last day to declare; null where nothing has to be claimed.")
    claim: UUID | None = Field(description="The practice's claim for this time that is under way or paid.")
    so_far: Figure | None
    expected: Figure | None
