"""Simulations over HTTP."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.money import DecimalText, PoundsSum
from app.schemes.schemas.costing import Cost, CostDifference, PracticeCost


class SimulationIn(StrictModel):
    """What to compare the version with."""

    model_config = {"json_schema_extra": {"examples": [{}]}}

    against: UUID | None = Field(
        default=None,
        description="A scheme whose live version is compared with, such as last year's; left out, this scheme's own.",
    )


class SimulatedPractice(PracticeCost):
    """What one practice can earn, and the groups it is counted in."""

    registered: DecimalText | None
    list_size: str
    rurality: str
    dispensing: str
    deprivation: str


class SimulatedGroup(Cost):
    """What a group of practices can earn together."""

    group: str
    practices: int
    patients: DecimalText = Field(description="Of those practices whose lists are known.")
    per_patient: PoundsSum | None = Field(description="Expected pounds for each of those patients; null without any.")
    change: PoundsSum | None = Field(description="What the group can expect more or less than before; null if unknown.")


class Spread(BaseModel):
    list_size: list[SimulatedGroup]
    rurality: list[SimulatedGroup]
    dispensing: list[SimulatedGroup]
    deprivation: list[SimulatedGroup]


class SimulationSummary(BaseModel):
    """A simulation as lists show it. `words_digest` says which words of the version it was worked out from."""

    id: UUID
    scheme: UUID
    version: int
    words_digest: str
    counted_over: Literal["participants", "members"]
    practices: int
    created_at: Instant


class SimulationPage(PageModel):
    data: list[SimulationSummary]


class Simulation(BaseModel):
    """What a version would pay: each practice, all together, by kinds of practice, and against the present rules."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "id": "0198c0de-0000-7000-8000-000000000020",
                    "scheme": "0198c0de-0000-7000-8000-000000000010",
                    "version": 2,
                    "words_digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "counted_over": "members",
                    "totals": {
                        "group": "all",
                        "practices": 1,
                        "least": "0.00",
                        "expected": "7200.00",
                        "most": "7200.00",
                        "patients": "3000",
                        "per_patient": "2.40",
                        "change": "1200.00",
                    },
                    "budget": "6000.00",
                    "exceeds_budget": True,
                    "difference": None,
                    "spread": {"list_size": [], "rurality": [], "dispensing": [], "deprivation": []},
                    "practices": [
                        {
                            "practice": "ZZ0002",
                            "least": "0.00",
                            "expected": "7200.00",
                            "most": "7200.00",
                            "budget": "6000.00",
                            "before": None,
                            "change": None,
                            "registered": "3000",
                            "list_size": "3,000 to 5,999",
                            "rurality": "not rural",
                            "dispensing": "unknown",
                            "deprivation": "decile 3",
                        }
                    ],
                    "without_list": [],
                    "not_worked_out": [],
                    "created_at": "2026-03-02T09:00:00Z",
                }
            ]
        }
    }

    id: UUID
    scheme: UUID
    version: int
    words_digest: str
    counted_over: Literal["participants", "members"]
    totals: SimulatedGroup
    budget: PoundsSum | None = Field(description="The budget for the time that the version applies to.")
    exceeds_budget: bool | None = Field(
        description="Whether the expected total is more than `budget`; null without one."
    )
    difference: CostDifference | None = Field(description="Null where there was nothing to compare with.")
    spread: Spread
    practices: list[SimulatedPractice]
    without_list: list[str] = Field(description="Practices with no list to take a share of a per-head budget by.")
    not_worked_out: list[str] = Field(
        description="Practices that are not counted: a value recorded for them comes to more than can be right."
    )
    created_at: Instant
