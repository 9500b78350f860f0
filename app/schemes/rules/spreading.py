"""What groups of practices would be paid together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from app.organisations.values import SIZE_EDGES
from app.schemes.rules.comparing import changes
from app.schemes.values import PracticeRange, RangeChange, RangeGroup, SimulatedGroup, SimulatedPractice


def size_band(registered: Decimal | None) -> str:
    """The group of practices of that size, by the bands that forums compare by: 8,412 patients are in `6,000 to 9,999`."""
    if registered is None:
        return "unknown"
    for least, most in pairwise((0, *SIZE_EDGES)):
        if registered < most:
            return f"{least:,} to {most - 1:,}"
    return f"{SIZE_EDGES[-1]:,} and over"


def rurality(rural: bool | None) -> str:
    return "unknown" if rural is None else "rural" if rural else "not rural"


def deprivation(decile: int | None) -> str:
    return "unknown" if decile is None else f"decile {decile}"


def dispensing(is_dispensing: bool | None) -> str:
    return "unknown" if is_dispensing is None else "dispensing" if is_dispensing else "not dispensing"


Grouping = Callable[[SimulatedPractice], str]
GROUPINGS: Final[Mapping[str, Grouping]] = {
    "list_size": lambda one: size_band(one.registered),
    "rurality": lambda one: rurality(one.rural),
    "dispensing": lambda one: dispensing(one.dispensing),
    "deprivation": lambda one: deprivation(one.imd_decile),
}
"""By what a simulation is spread: money that follows one of these and was not meant to is seen before it is offered."""


def spread(practices: Iterable[SimulatedPractice], grouping: Grouping) -> list[SimulatedGroup]:
    """What each group of practices would be paid together."""
    found: dict[str, list[SimulatedPractice]] = {}
    for one in practices:
        found.setdefault(grouping(one), []).append(one)
    return [group_of(name, found[name]) for name in sorted(found, key=_natural)]


def group_of(name: str, practices: Sequence[SimulatedPractice]) -> SimulatedGroup:
    """Together: two practices of 3,000 and 9,000 patients that can expect 6,000.00 and 30,000.00 expect 3.00 a patient.

    Practices without a list count neither as patients nor as their pounds. The rule is ours.
    """
    listed = [one for one in practices if one.registered]
    patients = sum((one.registered or Decimal(0) for one in listed), Decimal(0))
    pence = sum(one.now.expected for one in listed)
    changed = changes([one.now for one in practices], [one.before for one in practices if one.before])
    return SimulatedGroup(
        total=total_range(name, [one.now for one in practices]),
        patients=patients,
        per_patient=round(Fraction(pence) / Fraction(patients)) if patients else None,
        change=sum(each.expected for each in changed) if changed else None,
    )


def total_range(group: str, ranges: Sequence[PracticeRange | RangeChange]) -> RangeGroup:
    """`most` is None as soon as one practice's is."""
    mosts = [one.most for one in ranges]
    bounded = [most for most in mosts if most is not None]
    return RangeGroup(
        group=group,
        practices=len(ranges),
        least=sum(one.least for one in ranges),
        expected=sum(one.expected for one in ranges),
        most=sum(bounded) if len(bounded) == len(mosts) else None,
    )


def _natural(name: str) -> tuple[bool, int, str]:
    digits = "".join(character for character in name.partition(" to ")[0] if character.isdigit())
    return (not digits, int(digits or 0), name)
