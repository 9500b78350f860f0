"""What a version costs, over HTTP."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import PeriodModel
from app.core.money import PoundsSum


class CheckProblem(BaseModel):
    pointer: str = Field(description="JSON pointer into the definition, or to `/applies/…` where its time is wrong.")
    code: str
    detail: str


class Cost(BaseModel):
    """Pounds. `most` is null where nothing bounds what can be earned."""

    least: PoundsSum
    expected: PoundsSum
    most: PoundsSum | None


class CostDifference(BaseModel):
    """What the version changes against the one that holds at present: `change` is the new figures less those `before`."""

    scheme: UUID
    version: int
    period: PeriodModel = Field(
        description="The time whose figures are compared: that of the new version, where the present one can pay for it;"
        " otherwise all that the present one applies to."
    )
    practices: int = Field(description="How many practices have figures by both.")
    gaining: int = Field(description="How many of them can expect more than before.")
    losing: int = Field(description="How many can expect less.")
    before: Cost
    change: Cost


class PracticeCost(Cost):
    """What one practice can earn. `before` and `change` are null where there is nothing to compare with."""

    practice: str
    budget: PoundsSum | None = Field(description="The practice's share of a budget per head.")
    before: Cost | None
    change: Cost | None


class CheckAnswer(BaseModel):
    """What publishing would mean. `expected` is all that is offered: every need met and every capped count full."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "valid": True,
                    "problems": [],
                    "cost": {"least": "0.00", "expected": "14400.00", "most": "14400.00"},
                    "over_budget": ["ZZ0002"],
                    "budget": "22824.00",
                    "exceeds_budget": False,
                    "practices": 2,
                    "counted_over": "members",
                    "without_list": [],
                    "not_worked_out": [],
                    "difference": {
                        "scheme": "0198c0de-0000-7000-8000-000000000010",
                        "version": 1,
                        "period": {"from": "2026-04-01", "until": "2027-04-01"},
                        "practices": 2,
                        "gaining": 2,
                        "losing": 0,
                        "before": {"least": "0.00", "expected": "12000.00", "most": "12000.00"},
                        "change": {"least": "0.00", "expected": "2400.00", "most": "2400.00"},
                    },
                    "per_practice": [
                        {
                            "practice": "ZZ0002",
                            "least": "0.00",
                            "expected": "7200.00",
                            "most": "7200.00",
                            "budget": "6000.00",
                            "before": {"least": "0.00", "expected": "6000.00", "most": "6000.00"},
                            "change": {"least": "0.00", "expected": "1200.00", "most": "1200.00"},
                        }
                    ],
                }
            ]
        }
    }

    valid: bool
    problems: list[CheckProblem]
    cost: Cost | None = Field(description="Over all that the version applies to; null where it could not be paid.")
    over_budget: list[str] = Field(description="Practices whose expected pay is more than their share of the budget.")
    budget: PoundsSum | None = Field(
        description="The budget for the time that the version applies to; one per head is that of the practices counted."
    )
    exceeds_budget: bool | None = Field(
        description="Whether `cost.expected` is more than `budget`; null without a budget or a cost."
    )
    practices: int = Field(description="How many practices were counted.")
    counted_over: Literal["participants", "members"] | None = Field(
        description="Which practices were counted: `participants`, those that have agreed; before anybody has, `members`,"
        " all of today. Null where it could not be paid."
    )
    without_list: list[str] = Field(description="Practices with no list to take a share of a per-head budget by.")
    not_worked_out: list[str] = Field(
        description="Practices that are not counted: a value recorded for them comes to more than can be right."
    )
    difference: CostDifference | None = Field(
        description="Against the live version; null where it could not be paid, or where there is none but itself."
    )
    per_practice: list[PracticeCost] = Field(
        description="Every practice that was counted, in the order of their codes."
    )
