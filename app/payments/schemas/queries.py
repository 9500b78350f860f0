"""Queries about lines, what is said in them, and corrections."""

from datetime import date
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.money import Pounds, PoundsSum, parse_pounds
from app.core.pagination import PageParams
from app.core.privacy import SafeText, Sentence
from app.payments.schemas.examples import LINE, PERSON_ID, SCHEME_ID, example
from app.payments.values import CorrectionState, QueryOutcome, QuerySide, QueryState, WantedCorrection

MOST_POUNDS: Final = 1_000_000
"""More than any line of a local scheme; a slip in the places is more likely."""


def _is_an_amount(pounds: str) -> str:
    pence = parse_pounds(pounds)
    if pence == 0 or abs(pence) > MOST_POUNDS * 100:
        raise PydanticCustomError("not_valid", "A correction is more or less than 0.00, and at most 1,000,000.00.")
    return pounds


Words = Annotated[SafeText, Field(min_length=1, max_length=4000)]
Reason = Annotated[Sentence, Field(min_length=1, max_length=500)]
Amount = Annotated[Pounds, AfterValidator(_is_an_amount)]

_MESSAGE = {"side": "office", "text": "Which afternoon do you mean?", "at": "2026-12-02T09:00:00Z"}
_CORRECTION = {
    "amount": "300.00",
    "reason": "The session of 14 August was held and not recorded.",
    "state": "approved",
    "proposed_at": "2026-12-03T09:00:00Z",
    "decided_at": "2026-12-03T15:00:00Z",
    "refusal": None,
}
_SUMMARY = {
    "id": "0198c0de-0000-7000-8000-00000000f001",
    "line": LINE["reference"],
    "scheme": SCHEME_ID,
    "practice": "ZZ0001",
    "state": "answered",
    "outcome": "upheld",
    "due_on": "2026-12-14",
    "owner": PERSON_ID,
    "shared_with_lmc_at": None,
    "opened_at": "2026-11-30T09:00:00Z",
    "escalated_at": None,
    "answered_at": "2026-12-03T15:00:00Z",
}
QUERY = _SUMMARY | {
    "text": "We held six sessions in the quarter and five are paid.",
    "messages": [_MESSAGE],
    "answer": "You are right: the attendance list of 14 August came late.",
    "correction": _CORRECTION,
    "corrections": [_CORRECTION],
}


class PaymentQueryIn(StrictModel):
    model_config = example({"text": QUERY["text"], "share_with_lmc": False})

    text: Words = Field(description="What is in question, without anything about a patient.")
    share_with_lmc: bool = Field(
        default=False, strict=True, description="Whether the local medical committee may read it."
    )


class QueryMessageIn(StrictModel):
    model_config = example({"text": _MESSAGE["text"]})

    text: Words


class QueryOwnerIn(StrictModel):
    model_config = example({"owner": None})

    owner: UUID | None = Field(description="A person who holds the role scheme_manager; null: all who do.")


class CorrectionIn(StrictModel):
    model_config = example({"amount": "-150.00", "reason": "Half of the session was held by somebody else."})

    amount: Amount = Field(description="What the line should have had more or, below zero, less.")
    reason: Reason = Field(description="Stands in the line that the next run pays.")

    def wanted(self) -> WantedCorrection:
        return WantedCorrection(parse_pounds(self.amount), self.reason)


class QueryAnswerIn(StrictModel):
    """An upheld query without a correction says that a fact, a list or the rules will be put right: the next run then pays
    the difference by itself.
    """

    model_config = example(
        {"outcome": "explained", "text": "Five are confirmed; the sixth was a visit, not a session."}
    )

    outcome: Literal[QueryOutcome.UPHELD, QueryOutcome.EXPLAINED]
    text: Words
    correction: CorrectionIn | None = None

    @model_validator(mode="after")
    def _only_what_is_upheld_is_corrected(self) -> Self:
        if self.correction is not None and self.outcome is not QueryOutcome.UPHELD:
            raise PydanticCustomError("correction", "A correction belongs to the outcome `upheld`, and to it alone.")
        return self


class CorrectionRefusal(StrictModel):
    model_config = example({"reason": "The attendance list does not show that session."})

    reason: Reason


class PaymentQuerySummary(BaseModel):
    model_config = example(_SUMMARY)

    id: UUID
    line: str = Field(description="The reference of the line that is in question.")
    scheme: UUID
    practice: str = Field(description="The practice that asks.")
    state: QueryState = Field(description="`approving`: somebody else decides whether a correction is paid.")
    outcome: QueryOutcome | None
    due_on: date = Field(description="The last day for an answer.")
    owner: UUID | None
    shared_with_lmc_at: Instant | None
    opened_at: Instant
    escalated_at: Instant | None = Field(description="When the office was told that the answer is late.")
    answered_at: Instant | None


class QueryMessage(BaseModel):
    model_config = example(_MESSAGE)

    side: QuerySide
    text: str
    at: Instant


class Correction(BaseModel):
    """What the line should have had more or less. It is paid by the next run after it is approved."""

    model_config = example(_CORRECTION)

    amount: PoundsSum
    reason: str
    state: CorrectionState
    proposed_at: Instant
    decided_at: Instant | None
    refusal: str | None


class PaymentQuery(PaymentQuerySummary):
    """Until a query is answered, the office alone sees the answer and the correction that it means to give."""

    model_config = example(QUERY)

    text: str
    messages: list[QueryMessage]
    answer: str | None
    correction: Correction | None = Field(description="The newest of `corrections`.")
    corrections: list[Correction] = Field(
        description="In the order in which they were proposed. Those that are approved add up to what is due beside what the rules"
        " give."
    )


class PaymentQueryPage(PageModel):
    model_config = example({"data": [_SUMMARY], "next_cursor": None})

    data: list[PaymentQuerySummary]


class QueryParams(PageParams):
    state: QueryState | None = None
    overdue: bool = Field(default=False, description="Those alone that should have been answered before today.")
    waiting: bool = Field(
        default=False,
        description="Those alone with a correction that waits for a second person; for the office, nobody else finds any.",
    )
