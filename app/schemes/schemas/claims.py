"""Claims and a scheme's rules for them over HTTP."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant, PeriodModel
from app.core.http import PageModel, StrictModel
from app.core.money import Pounds, PoundsSum, parse_pounds
from app.core.pagination import PageParams
from app.core.privacy import SafeText
from app.schemes.schemas.evidence import Figure
from app.schemes.schemas.members import MOST_QUANTITY, FactName, FactValue, PracticeCode
from app.schemes.values import (
    ApprovalBand,
    ClaimEvery,
    ClaimRules,
    ClaimState,
    ClaimStepKind,
    PreparedClaim,
    RejectReason,
)

_PERIOD: Final = {"from": "2026-04-01", "until": "2026-07-01"}
_DIGEST: Final = "a3f1" * 16
_FIGURE: Final[dict[str, Any]] = {
    "total": "1800.00",
    "lines": [
        {
            "component": "lead-time",
            "kind": "entitlement",
            "period": _PERIOD,
            "quantity": "6",
            "rate": "300.00",
            "amount": "1800.00",
            "payee": {"type": "practice", "code": "ZZ0001"},
            "sentence": "300.00 a session x 6 sessions = 1,800.00.",
            "workings": {"operator": "round", "value": "1800.00", "inputs": []},
            "blocked": False,
        }
    ],
    "notes": [],
}
_SUMMARY: Final[dict[str, Any]] = {
    "id": "0198c0de-0000-7000-8000-000000000031",
    "scheme": "0198c0de-0000-7000-8000-000000000010",
    "practice": "ZZ0001",
    "period": _PERIOD,
    "state": "declared",
    "amount": "1800.00",
    "on_behalf": False,
    "on_hold": False,
    "is_sampled": False,
    "opened_at": "2026-07-02T09:00:00Z",
    "declared_at": "2026-07-03T09:00:00Z",
    "approved_at": None,
    "payment_run": None,
}
_CLAIM: Final[dict[str, Any]] = _SUMMARY | {
    "note": None,
    "version": 1,
    "opens_on": "2026-07-01",
    "closes_on": "2026-08-11",
    "values_digest": _DIGEST,
    "so_far": _FIGURE,
    "expected": _FIGURE,
    "missing": [],
    "declaration": {
        "amount": "1800.00",
        "values_digest": _DIGEST,
        "version": 1,
        "by": "0198c0de-0000-7000-8000-000000000021",
        "at": "2026-07-03T09:00:00Z",
        "holds": True,
    },
    "vetted_by": None,
    "vetted_at": None,
    "checked_by": None,
    "checked_at": None,
    "approvers": [],
    "approvers_required": 1,
    "hold": None,
    "reject_reason": None,
}

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[SafeText, Field(min_length=1, max_length=2000)]
ReasonCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["evidence_missing"])]


class ClaimIn(StrictModel):
    """A claim of a practice for a period that is over. It is declared in a second step, once its figure has been read."""

    model_config = {
        "json_schema_extra": {
            "examples": [{"scheme": "0198c0de-0000-7000-8000-000000000010", "practice": "ZZ0001", "period": _PERIOD}]
        }
    }

    scheme: UUID
    practice: PracticeCode
    period: PeriodModel
    note: Words | None = None


class DeclareIn(StrictModel):
    """`values_digest` is of the values that are declared, as the claim shows them; left out, those that it has now."""

    model_config = {"json_schema_extra": {"examples": [{"values_digest": _DIGEST}, {}]}}

    values_digest: Digest | None = None


class CheckIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [{"note": "Rota and clinic list agree."}]}}

    note: Words | None = None


class RejectIn(StrictModel):
    """`reason_code` is one of the scheme's list: `GET /v1/incentive-schemes/{id}/claim-rules`."""

    model_config = {
        "json_schema_extra": {"examples": [{"reason_code": "evidence_missing", "note": "There is no rota for May."}]}
    }

    reason_code: ReasonCode
    note: Words | None = None


class HoldIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [{"reason": "The practice's rota is being looked into."}]}}

    reason: Annotated[SafeText, Field(min_length=1, max_length=500)]


class ClaimSummary(BaseModel):
    """`amount` is what was declared; null while nothing is."""

    id: UUID
    scheme: UUID
    practice: str
    period: PeriodModel
    state: ClaimState
    amount: PoundsSum | None
    on_behalf: bool = Field(description="Whether the office made it; the practice declares it all the same.")
    on_hold: bool
    is_sampled: bool = Field(description="Whether it was drawn for a quality check when it was vetted.")
    opened_at: Instant
    declared_at: Instant | None
    approved_at: Instant | None
    payment_run: UUID | None = Field(description="The run that pays it.")


class Declaration(BaseModel):
    """What the practice has declared. `holds` says whether that is what is recorded now; null once a run has it."""

    amount: PoundsSum
    values_digest: str
    version: int
    by: UUID
    at: Instant
    holds: bool | None


class Hold(BaseModel):
    reason: str
    by: UUID
    at: Instant


class Claim(ClaimSummary):
    """A claim with its figures by now: `so_far` is what confirmed facts earn, `expected` what it becomes when the waiting
    ones are confirmed, and what a declaration binds. `missing` says in words what keeps it from being paid in full.
    """

    model_config = {"json_schema_extra": {"examples": [_CLAIM]}}

    note: str | None
    version: int
    opens_on: date
    closes_on: date = Field(description="The last day on which it can be declared for the first time.")
    values_digest: str | None = Field(
        description="SHA-256 of the values as they are now: evidence, and each line's quantity, rate and amount."
    )
    so_far: Figure | None
    expected: Figure | None
    missing: list[str]
    declaration: Declaration | None
    vetted_by: UUID | None
    vetted_at: Instant | None
    checked_by: UUID | None
    checked_at: Instant | None
    approvers: list[UUID]
    approvers_required: int | None = Field(
        description="By how many people, as its amount asks; null before it is declared."
    )
    hold: Hold | None
    reject_reason: str | None


class ClaimPage(PageModel):
    data: list[ClaimSummary]


class ClaimParams(PageParams):
    scheme: UUID | None = None
    practice: str | None = Field(default=None, max_length=12)
    state: ClaimState | None = None
    period: str | None = Field(
        default=None,
        max_length=21,
        description="As for an entitlement: `2026-05`, `2026/27` or `2026-04-01/2026-07-01`.",
    )


class ClaimStep(BaseModel):
    """Something that happened to a claim. Of a voided declaration, `amount_before` was declared and `amount` is the figure
    at that time.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "no": 3,
                    "kind": "voided",
                    "at": "2026-07-05T09:00:00Z",
                    "by": "0198c0de-0000-7000-8000-000000000022",
                    "reason": "What was declared moved from £1,500.00 to £1,200.00.",
                    "values_digest": None,
                    "amount_before": "1500.00",
                    "amount": "1200.00",
                    "payment_run": None,
                }
            ]
        }
    }

    no: int
    kind: ClaimStepKind
    at: Instant
    by: UUID | None
    reason: str | None
    values_digest: str | None
    amount_before: PoundsSum | None
    amount: PoundsSum | None
    payment_run: UUID | None


class ClaimStepPage(PageModel):
    data: list[ClaimStep]


SHEET: Final[dict[str, Any]] = {"rows": [{"practice": "ZZ0001", "values": {"lead_session": "6"}}]}


class PreparedRow(StrictModel):
    """What the practice's evidence adds up to over the period, by the name of its facts; a name that is left out stays."""

    practice: PracticeCode
    values: dict[FactName, FactValue] = Field(default_factory=dict, max_length=50)

    @model_validator(mode="after")
    def _of_a_size_that_can_be(self) -> Self:
        if any(abs(Decimal(value)) > MOST_QUANTITY for value in self.values.values()):
            raise PydanticCustomError("too_large", "A value is 1,000,000,000 at most.")
        return self

    def claim(self) -> PreparedClaim:
        return PreparedClaim(self.practice, {name: Decimal(value) for name, value in self.values.items()})


class PreparedIn(StrictModel):
    """Claims made on practices' behalf, for one period."""

    model_config = {"json_schema_extra": {"examples": [SHEET]}}

    rows: Annotated[list[PreparedRow], Field(min_length=1, max_length=2000)]


class PeriodParams(BaseModel):
    model_config = {"extra": "forbid"}

    period: str = Field(max_length=21, description="As for an entitlement.", examples=["2026-04-01/2026-07-01"])


class PreparedParams(PeriodParams):
    dry_run: bool = Field(default=False, description="Say what would be done, and do nothing.")


class PreparedAnswer(BaseModel):
    """How many claims were made and how many there were already; how many values were recorded as facts."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "dry_run": False,
                    "created": 43,
                    "unchanged": 2,
                    "facts_created": 40,
                    "facts_changed": 1,
                    "warnings": [],
                }
            ]
        }
    }

    dry_run: bool
    created: int
    unchanged: int
    facts_created: int
    facts_changed: int
    warnings: list[str] = Field(
        description="Which rows become one fact of the period's last day although their days decide what is paid."
    )


_RULES: Final[dict[str, Any]] = {
    "every": "quarter",
    "window_days": 42,
    "bands": [{"at_least": "0.00", "approvers": 1}, {"at_least": "15000.00", "approvers": 2}],
    "sample_percent": 5,
    "reject_reasons": [{"code": "evidence_missing", "text": "The evidence does not show what is claimed."}],
}


class Band(StrictModel):
    """Claims of so much or more are approved by so many people, besides the one who vets them."""

    at_least: Pounds
    approvers: int = Field(ge=1, le=3, strict=True)


class Reason(StrictModel):
    code: ReasonCode
    text: Annotated[SafeText, Field(min_length=1, max_length=200)]


class ClaimRulesIn(StrictModel):
    """How a scheme is claimed. Bands begin at `0.00` and rise; recoveries fall into the band of their size.

    With a `sample_percent` over 0 each practice's first claim of the scheme is checked a second time too.
    """

    model_config = {"json_schema_extra": {"examples": [_RULES]}}

    every: ClaimEvery = Field(
        default=ClaimEvery.QUARTER, description="For which periods it is claimed, and so paid: runs are of them alone."
    )
    window_days: int = Field(
        ge=1, le=366, strict=True, description="Days to declare in, from the day after the period."
    )
    bands: Annotated[list[Band], Field(min_length=1, max_length=5)]
    sample_percent: int = Field(ge=0, le=100, strict=True)
    reject_reasons: Annotated[list[Reason], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        starts = [parse_pounds(band.at_least) for band in self.bands]
        if starts[0] != 0 or any(low >= high for low, high in pairwise(starts)):
            raise PydanticCustomError("bands_in_order", "Bands begin at 0.00, and each begins above the one before it.")
        codes = [reason.code for reason in self.reject_reasons]
        if len(set(codes)) != len(codes):
            raise PydanticCustomError("code_repeated", "Each reason has a code of its own.")
        return self

    def rules(self) -> ClaimRules:
        return ClaimRules(
            every=self.every,
            window_days=self.window_days,
            bands=tuple(ApprovalBand(parse_pounds(each.at_least), each.approvers) for each in self.bands),
            sample_percent=self.sample_percent,
            reject_reasons=tuple(RejectReason(each.code, each.text) for each in self.reject_reasons),
        )


class ClaimRulesAnswer(BaseModel):
    """How a scheme is claimed; what it says itself, or else what holds for a scheme that says nothing."""

    model_config = {"json_schema_extra": {"examples": [_RULES]}}

    every: Literal["month", "quarter", "year"]
    window_days: int
    bands: list[Band]
    sample_percent: int
    reject_reasons: list[Reason]
