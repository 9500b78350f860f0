"""What a commissioner settles about its payments."""

from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import StrictModel
from app.core.money import Pounds, PoundsSum, parse_pounds
from app.payments.schemas.examples import PERSON_ID, example
from app.schemes.values import ApprovalBand

_BANDS: list[dict[str, Any]] = [{"at_least": "50000.00", "approvers": 2}]


class ApprovalBandIn(StrictModel):
    """From this amount on, so many different people approve a run."""

    at_least: Pounds
    approvers: int = Field(ge=2, le=5, strict=True)

    def band(self) -> ApprovalBand:
        return ApprovalBand(parse_pounds(self.at_least), self.approvers)


class PaymentSettingsIn(StrictModel):
    """`approval_bands` rise in amount and in people; below the first of them one person approves."""

    model_config = example({"approval_bands": _BANDS})

    approval_bands: Annotated[list[ApprovalBandIn], Field(max_length=4)]

    @model_validator(mode="after")
    def _rising(self) -> "PaymentSettingsIn":
        bands = self.bands()
        if any(band.at_least <= 0 for band in bands):
            raise PydanticCustomError("too_small", "A band begins at more than 0.00; below the first, one approves.")
        if any(later.at_least <= band.at_least or later.approvers <= band.approvers for band, later in pairwise(bands)):
            raise PydanticCustomError("not_valid", "Each band begins higher than the one before and needs more people.")
        return self

    def bands(self) -> list[ApprovalBand]:
        return [each.band() for each in self.approval_bands]


class ApprovalBandOut(BaseModel):
    at_least: PoundsSum
    approvers: int


class PaymentSettings(BaseModel):
    model_config = example({"approval_bands": _BANDS, "changed_by": PERSON_ID, "changed_at": "2026-04-01T09:00:00Z"})

    approval_bands: list[ApprovalBandOut] = Field(
        description="How many different people approve a run, by what its payments give and take back, added up."
    )
    changed_by: UUID | None
    changed_at: Instant | None
