"""Changes of practices over HTTP."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.organisations.values import PracticeChangeKind

PracticeCode = Annotated[str, Field(min_length=3, max_length=8, pattern=r"^[A-Z0-9]+$")]
CommissionerCode = Annotated[str, Field(min_length=2, max_length=20, pattern=r"^[A-Z0-9-]+$")]

_MERGE: dict[str, Any] = {
    "kind": "merge",
    "practice": "ZZ0002",
    "successor": "ZZ0001",
    "effective_on": "2027-04-01",
    "dry_run": True,
}
_EFFECT: dict[str, Any] = {
    "commissioner": "ZZ1",
    "what": "localities",
    "count": 1,
    "sentence": "1 practice is no longer in the present locality from 1 April 2027.",
}
_CHANGE: dict[str, Any] = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "kind": "merge",
    "practice": "ZZ0002",
    "successor": "ZZ0001",
    "old_commissioner": None,
    "commissioner": None,
    "locality_id": None,
    "network": None,
    "effective_on": "2027-04-01",
    "created_at": "2026-11-22T10:00:00Z",
    "applied_at": None,
    "refused_at": None,
    "problem": None,
    "effects": [_EFFECT],
}


class _ChangeIn(StrictModel):
    effective_on: date = Field(
        ge=date(1948, 7, 5), le=date(2999, 12, 31), description="The first day on which the change holds."
    )
    dry_run: bool = Field(default=False, description="Only tell what it would touch; nothing is kept.")


class ClosePractice(_ChangeIn):
    """The practice closes: the day before `effective_on` is its last day open."""

    kind: Literal["close"]
    practice: PracticeCode
    successor: PracticeCode | None = Field(default=None, description="The practice to which its patients go.")


class MergePractice(_ChangeIn):
    """The practice becomes part of another. A successor without a network takes over that of the practice."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MERGE]})

    kind: Literal["merge"]
    practice: PracticeCode
    successor: PracticeCode

    @model_validator(mode="after")
    def _is_another(self) -> Self:
        if self.practice == self.successor:
            raise PydanticCustomError("not_valid", "A practice cannot take over from itself.")
        return self


class MovePractice(_ChangeIn):
    """The practice comes under another commissioner, into another locality or into another network."""

    kind: Literal["move"]
    practice: PracticeCode
    commissioner: CommissionerCode | None = None
    locality_id: UUID | None = None
    network: CommissionerCode | None = None

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.commissioner is None and self.locality_id is None and self.network is None:
            raise PydanticCustomError("missing", "Say where it moves: `commissioner`, `locality_id` or `network`.")
        return self


class MergeCommissioner(_ChangeIn):
    """All practices that are then with a commissioner come under another."""

    kind: Literal["commissioner_merge"]
    commissioner: CommissionerCode = Field(description="The one that ends; a commissioner names itself.")
    successor: CommissionerCode = Field(description="The one that takes over.")

    @model_validator(mode="after")
    def _is_another(self) -> Self:
        if self.commissioner == self.successor:
            raise PydanticCustomError("not_valid", "A commissioner cannot take over from itself.")
        return self


PracticeChangeIn = Annotated[
    ClosePractice | MergePractice | MovePractice | MergeCommissioner, Field(discriminator="kind")
]


class ChangeEffect(BaseModel):
    """What the change touches of one commissioner: how many of what, and a sentence."""

    commissioner: str
    what: str
    count: int
    sentence: str


class PracticeChange(BaseModel):
    """A recorded change. `id` is null for a dry run; `applied_at` is null until its day has come.

    One that does not fit any more on its day is refused, with the `problem`, and stays so until it is withdrawn.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_CHANGE]})

    id: UUID | None
    kind: PracticeChangeKind
    practice: str | None
    successor: str | None
    old_commissioner: str | None
    commissioner: str | None = Field(description="The new one.")
    locality_id: UUID | None
    network: str | None
    effective_on: date
    created_at: Instant | None
    applied_at: Instant | None
    refused_at: Instant | None
    problem: dict[str, Any] | None = Field(
        description="Why it could not be applied when its day had come, as a problem document."
    )
    effects: list[ChangeEffect] = Field(description="As they were when the change was recorded.")


class PracticeChangePage(PageModel):
    data: list[PracticeChange]


class PracticeChangeParams(PageParams):
    state: Literal["waiting", "applied", "refused"] | None = Field(
        default=None, description="Whether its day has come, and whether it still fitted then."
    )
