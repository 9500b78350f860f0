"""Money that payees owe, and what is agreed about it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.money import Pounds, PoundsSum, parse_pounds
from app.core.privacy import SafeCode, Sentence
from app.payments.schemas.examples import PERSON_ID, SCHEME_ID, example
from app.payments.values import ArrangementKind

Code = Annotated[SafeCode, Field(min_length=1, max_length=12, pattern=r"^[A-Z0-9]+$")]
_PAYEE = {"type": "practice", "code": "ZZ0001"}
_ARRANGEMENT = {
    "id": "0198c0de-0000-7000-8000-000000010001",
    "scheme": SCHEME_ID,
    "practice": "ZZ0001",
    "payee": _PAYEE,
    "kind": "recover",
    "most_per_run": "150.00",
    "waived": None,
    "reason": "The practice asked to spread it over the year.",
    "proposed_by": PERSON_ID,
    "proposed_at": "2026-11-22T10:00:00Z",
    "agreed_by": None,
    "agreed_at": None,
}
_WAIVER = {
    **_ARRANGEMENT,
    "kind": "waive",
    "most_per_run": None,
    "waived": "24.99",
    "reason": "Less than it costs to take back.",
    "agreed_by": PERSON_ID,
    "agreed_at": "2026-11-23T10:00:00Z",
}
_BALANCE = {"practice": "ZZ0001", "payee": _PAYEE, "owed": "600.00", "most_per_run": "150.00"}


class OwingPayee(StrictModel):
    type: Literal["practice", "organisation"]
    code: Code


class ArrangementIn(StrictModel):
    """`recover`: in so many `parts` of what is owed now, or `most_per_run` with each run. `waive`: all that is owed."""

    model_config = example(
        {
            "practice": "ZZ0001",
            "kind": "recover",
            "parts": 4,
            "reason": "The practice asked to spread it over the year.",
        }
    )

    practice: Code
    payee: OwingPayee | None = Field(default=None, description="Who owes it; the practice itself if absent.")
    kind: ArrangementKind
    parts: Annotated[int, Field(ge=1, le=60, strict=True)] | None = None
    most_per_run: Pounds | None = None
    reason: Annotated[Sentence, Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _complete(self) -> "ArrangementIn":
        ways = (self.parts is not None) + (self.most_per_run is not None)
        if ways != (self.kind is ArrangementKind.RECOVER):
            raise PydanticCustomError(
                "not_valid", "`recover` takes either `parts` or `most_per_run`, and `waive` neither."
            )
        if self.most_per_run is not None and parse_pounds(self.most_per_run) <= 0:
            raise PydanticCustomError("too_small", "`most_per_run` is more than 0.00.")
        return self


class Arrangement(BaseModel):
    model_config = example(_ARRANGEMENT)

    id: UUID
    scheme: UUID
    practice: str
    payee: OwingPayee
    kind: ArrangementKind
    most_per_run: PoundsSum | None
    waived: PoundsSum | None = Field(description="What was owed when the waiver was agreed.")
    reason: str
    proposed_by: UUID
    proposed_at: Instant
    agreed_by: UUID | None
    agreed_at: Instant | None


class ArrangementPage(PageModel):
    model_config = example({"data": [_ARRANGEMENT], "next_cursor": None})

    data: list[Arrangement]


class OwedBalance(BaseModel):
    model_config = example(_BALANCE)

    practice: str
    payee: OwingPayee
    owed: PoundsSum
    most_per_run: PoundsSum | None = Field(
        description="What the next run takes back of it at most; null: all that it can."
    )


class Balances(BaseModel):
    model_config = example(
        {"scheme": SCHEME_ID, "owed": "600.00", "balances": [_BALANCE], "waived": "24.99", "waivers": [_WAIVER]}
    )

    scheme: UUID
    owed: PoundsSum
    balances: list[OwedBalance]
    waived: PoundsSum = Field(description="What was owed and was waived, so that it is in no balance any more.")
    waivers: list[Arrangement] = Field(description="Each waiver that was agreed, the oldest first.")
