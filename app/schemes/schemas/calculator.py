"""The calculator over HTTP: the same lines and workings as a statement's."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.calculation.values import Basis, Fact, ListSize, PostHeld, PracticeInput
from app.calculation.values import Line as CalculatedLine
from app.core.clock import Period, PeriodModel
from app.core.errors import FieldError, InvalidRequest
from app.core.http import StrictModel
from app.core.money import DecimalText, PoundsSum, format_pounds
from app.schemes.schemas.members import ExternalId, FactName, PracticeCode, Quantified, Subject
from app.schemes.schemas.scheme import DEFINITION
from app.schemes.values import CalculationOutcome

Size = Annotated[DecimalText, Field(description="Patients, as a decimal string.")]


class TermIn(StrictModel):
    """From a day, until another where it is known."""

    from_: date = Field(alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.until <= self.from_:
            raise PydanticCustomError("period_ends_before_it_starts", "`until` has to be later than `from`.")
        return self


class CalculatedPostIn(TermIn):
    post: FactName


class ListIn(StrictModel):
    as_at: date
    registered: Size | None = None
    weighted: Size | None = None
    adjusted: Size | None = None

    @model_validator(mode="after")
    def _not_negative(self) -> Self:
        _refuse_negative(self.registered, self.weighted, self.adjusted)
        return self


class PracticeIn(StrictModel):
    """Sizes without a date, `registered`, `weighted` and `adjusted`, count on whatever day the definition asks for; or give
    dated `lists`.
    """

    code: PracticeCode
    registered: Size | None = None
    weighted: Size | None = None
    adjusted: Size | None = None
    lists: list[ListIn] | None = Field(default=None, max_length=200)
    posts: list[CalculatedPostIn] = Field(default_factory=list, max_length=500)
    member: TermIn | None = None
    successor: PracticeCode | None = Field(
        default=None, description="The practice of this request that took over when this one closed."
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if self.lists is not None and any(size is not None for size in self.sizes):
            raise PydanticCustomError("not_valid", "Give either `lists`, or sizes without a date.")
        _refuse_two_sizes(self.lists or ())
        _refuse_negative(*self.sizes)
        return self

    @property
    def sizes(self) -> tuple[str | None, ...]:
        return self.registered, self.weighted, self.adjusted


class CalculatorFactIn(Quantified):
    practice: PracticeCode
    measure: FactName
    on: date
    external_id: ExternalId | None = None
    subject: Subject | None = None
    confirmed: Annotated[bool, Field(strict=True)] = True


class CalculatorIn(StrictModel):
    """Everything the engine is to know; nothing is looked up and nothing is kept."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "definition": DEFINITION,
                    "practices": [{"code": "ZZ0001", "registered": "8412"}],
                    "facts": [],
                    "period": {"from": "2026-04-01", "until": "2026-07-01"},
                }
            ]
        }
    }

    definition: dict[str, Any]
    practices: Annotated[list[PracticeIn], Field(min_length=1, max_length=10_000)]
    facts: list[CalculatorFactIn] = Field(default_factory=list, max_length=100_000)
    period: PeriodModel
    include_unconfirmed: Annotated[bool, Field(strict=True)] = False

    def inputs(self, snapshots: Sequence[date]) -> list[PracticeInput]:
        """`snapshots` are the days whose lists the definition reads."""
        places: dict[str, int] = {}
        facts: dict[str, list[Fact]] = {practice.code: [] for practice in self.practices}
        for place, fact in enumerate(self.facts):
            if fact.practice not in facts:
                detail = "No practice of this request has this code."
                raise InvalidRequest(
                    errors=[FieldError(f"/facts/{place}/practice", "schemes.practice_unknown", detail)]
                )
            if fact.external_id is not None and places.setdefault(fact.external_id, place) != place:
                detail = "Another fact of this request has the same id."
                pointer = f"/facts/{place}/external_id"
                raise InvalidRequest(errors=[FieldError(pointer, "schemes.external_id_repeated", detail)])
            facts[fact.practice].append(_fact(fact, place))
        return [_practice(each, facts[each.code], snapshots) for each in self.practices]


class CalculatedPayee(BaseModel):
    type: Literal["practice", "organisation"]
    code: str


class Line(BaseModel):
    """One figure with what led to it. `blocked`: nothing could be worked out, and `sentence` says why."""

    model_config = {
        "json_schema_extra": {
            "examples": [
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
            ]
        }
    }

    component: str
    kind: Literal["entitlement"]
    period: PeriodModel
    quantity: str | None
    rate: str | None
    amount: PoundsSum
    payee: CalculatedPayee
    sentence: str
    workings: dict[str, Any]
    blocked: bool


class Calculated(BaseModel):
    practice: str
    total: PoundsSum
    lines: list[Line]
    notes: list[str]


class CalculatorAnswer(BaseModel):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "period": {"from": "2026-04-01", "until": "2026-07-01"},
                    "practices": [
                        {
                            "practice": "ZZ0001",
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
                        }
                    ],
                    "total": "600.00",
                    "inputs_digest": "a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1",
                    "outputs_digest": "a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1a3f1",
                    "notes": [],
                }
            ]
        }
    }

    period: PeriodModel
    practices: list[Calculated]
    total: PoundsSum
    inputs_digest: str
    outputs_digest: str
    notes: list[str] = Field(description="Which facts of the request the definition does not read, in words.")


def _practice(given: PracticeIn, facts: Sequence[Fact], snapshots: Sequence[date]) -> PracticeInput:
    if given.lists is not None:
        lists = tuple(_list(each, each.as_at) for each in given.lists)
    elif all(size is None for size in given.sizes):
        lists = ()
    else:
        lists = tuple(_list(given, day) for day in snapshots)
    return PracticeInput(
        code=given.code,
        lists=lists,
        posts=tuple(PostHeld(each.post, each.from_, each.until) for each in given.posts),
        facts=tuple(facts),
        member=(Period(given.member.from_, given.member.until),) if given.member else None,
        successor=given.successor,
    )


def _list(given: ListIn | PracticeIn, as_at: date) -> ListSize:
    return ListSize(as_at, _number(given.registered), _number(given.weighted), adjusted=_number(given.adjusted))


def _fact(given: CalculatorFactIn, place: int) -> Fact:
    return Fact(
        external_id=given.external_id or f"facts/{place}",
        measure=given.measure,
        on=given.on,
        value=given.quantity(),
        subject=given.subject,
        confirmed=given.confirmed,
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _refuse_two_sizes(lists: Sequence[ListIn]) -> None:
    """Which of two sizes of one day would count is anybody's guess."""
    for basis in Basis:
        days = [each.as_at for each in lists if getattr(each, basis) is not None]
        if len(set(days)) != len(days):
            raise PydanticCustomError(
                "not_valid", "Two of `lists` give different sizes for one day; give one for each."
            )


def _refuse_negative(*sizes: str | None) -> None:
    if any(size is not None and size.startswith("-") for size in sizes):
        raise PydanticCustomError("too_small", "A list is not negative.")


def line_answer(line: CalculatedLine, period: Period) -> Line:
    return Line(
        component=line.component,
        kind="entitlement",
        period=PeriodModel.of(period),
        quantity=line.quantity,
        rate=line.rate,
        amount=format_pounds(line.amount),
        payee=CalculatedPayee(type=line.payee.type, code=line.payee.code),
        sentence=line.sentence,
        workings=line.workings,
        blocked=line.blocked,
    )


def calculator_answer(found: CalculationOutcome, *, notes: Sequence[str]) -> CalculatorAnswer:
    return CalculatorAnswer(
        period=PeriodModel.of(found.period),
        practices=[
            Calculated(
                practice=result.code,
                total=format_pounds(result.total),
                lines=[line_answer(line, found.period) for line in result.lines],
                notes=list(result.notes),
            )
            for result in found.results
        ],
        total=format_pounds(found.total),
        inputs_digest=found.inputs_digest,
        outputs_digest=found.outputs_digest,
        notes=list(notes),
    )
