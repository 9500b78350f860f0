"""A definition in words: one sentence for each node, for the people who sign it."""

from typing import Final

from app.calculation.language.tree import Place, walk
from app.calculation.rules.wording import pounds_text
from app.calculation.values import Definition, Range, RoundAt, Rounding, RoundMode

_STAGES: Final = {
    RoundAt.LINE: "each line is rounded once, to the penny",
    RoundAt.FACTOR: "factors are rounded to {dp} places and then each line to the penny",
    RoundAt.POINTS: "points are rounded to {dp} places and then each line to the penny",
    RoundAt.PERIOD: "a practice's total for the period is rounded once, to the penny; the difference goes on its last "
    "line that earns",
    RoundAt.FINAL: "the total of all practices is rounded once, to the penny, and shared by largest remainder",
}
_MODES: Final = {
    RoundMode.HALF_UP: "halves go up",
    RoundMode.HALF_EVEN: "halves go to the even penny",
    RoundMode.DOWN: "always down",
}


def describe(definition: Definition, *, ranges: Range | None) -> list[str]:
    """Each node's sentence in the order of the definition, then what goes for all of it."""
    return [*(place.node.sentence() for place in walk(definition.pay)), *_closing(definition, ranges)]


def describe_markdown(definition: Definition, *, ranges: Range | None) -> str:
    """The same sentences, a list in which what stands inside a node is indented below it."""
    nodes = "\n".join(_bullet(place) for place in walk(definition.pay))
    return "\n\n".join([nodes, *_closing(definition, ranges)]) + "\n"


def _bullet(place: Place) -> str:
    component = getattr(place.node, "id", None)
    # A name may hold the signs that mean emphasis in Markdown, so it is set as code.
    label = f"`{component}`: " if component else ""
    return f"{'  ' * len(place.inside)}- {label}{place.node.sentence()}"


def _closing(definition: Definition, ranges: Range | None) -> list[str]:
    claims = [
        "Nothing is paid for a period until the practice has declared its claim for it and the claim is approved."
    ]
    return [
        *(claims if definition.claims else []),
        _rounding_sentence(definition.round),
        *([range_sentence(ranges)] if ranges else []),
    ]


def _rounding_sentence(rounding: Rounding) -> str:
    stage = _STAGES[rounding.at].format(dp=rounding.dp)
    return f"Amounts are exact until the end: {stage}; {_MODES[rounding.mode]}."


def range_sentence(ranges: Range | None) -> str:
    """None: what is recorded of the practice comes to more than can be worked out."""
    if ranges is None:
        return "For this practice no figure can be given: a value that is recorded for it is too large to be right."
    least, expected = pounds_text(ranges.least), pounds_text(ranges.expected)
    if ranges.most is None:
        return f"For this practice: {least} so far, {expected} expected; no most, because something here has no limit."
    return f"For this practice: at least {least}, expected {expected}, at most {pounds_text(ranges.most)}."
