"""The definition as a whole: its outer members, and the function that reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from app.calculation.errors import DefinitionInvalid
from app.calculation.language.members import member, read_members
from app.calculation.language.readers import Choice, Exactly, Whole
from app.calculation.language.reading import Catalogue, Invalid, Reading
from app.calculation.language.structures import AnyNode, Declared, Measures
from app.calculation.values import Definition, Measure, Node, RoundAt, Rounding, RoundMode


class Claims(StrEnum):
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """When and how exact amounts become pence."""

    at: RoundAt = field(
        default=RoundAt.LINE,
        metadata=member(
            Choice(RoundAt),
            "`line`: each line once. `factor`: each factor to `dp` places, then the line. `points`: points to `dp` "
            "places, then the line. `period`: a practice's total for the period, the difference on its last line that "
            "earns. `final`: the total of the run, shared by largest remainder. Shares of time are no factors: exact.",
        ),
    )
    mode: RoundMode = field(
        default=RoundMode.HALF_UP,
        metadata=member(
            Choice(RoundMode),
            "`half_up`: halves away from zero. `half_even`: halves to the even penny. `down`: towards zero.",
        ),
    )
    dp: int = field(
        default=2,
        metadata=member(Whole(0, 6), "Places of factors or points. A result in pence always has two places."),
    )

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        staged = values.get("at", RoundAt.LINE) in {RoundAt.FACTOR, RoundAt.POINTS}
        if not staged and values.get("dp", 2) != 2:
            yield (
                "dp",
                "bad_value",
                "Only factors and points have places of their own; a result in pence always has two.",
            )


ROUNDED: Final = {"at": "line", "mode": "half_up"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The rules of an incentive scheme as data."""

    language: int = field(metadata=member(Exactly(1), "The version of the language: 1."))
    round: Round = field(
        default=Round(),
        metadata=member(Declared(Round), "When and how amounts become pence; once for each line if absent.", ROUNDED),
    )
    measures: Mapping[str, Measure] = field(
        default_factory=dict, metadata=member(Measures(), "What nodes may count or multiply, by a name of your own.")
    )
    pay: Node = field(metadata=member(AnyNode(), "The node that says what is paid."))
    claims: Claims | None = field(
        default=None,
        metadata=member(
            Choice(Claims),
            "`required`: nothing is paid until the practice has declared its claim and the claim is approved.",
        ),
    )


def read_definition(raw: object, *, catalogue: Catalogue) -> Definition:
    """The typed definition, or one `DefinitionInvalid` that lists every problem found."""
    reading = Reading(catalogue)
    values = read_members(Document, raw, "", reading)
    if isinstance(values, Invalid):
        raise DefinitionInvalid(errors=reading.problems)
    document = Document(**values)
    rounding = Rounding(document.round.at, document.round.mode, document.round.dp)
    claims = document.claims is Claims.REQUIRED
    return Definition(document.language, rounding, document.measures, document.pay, claims)
