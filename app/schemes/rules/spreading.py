"""What groups of practices would be paid together."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from app.organisations.values import SIZE_EDGES
from app.schemes.values import PracticeRange, RangeChange, RangeGroup


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


def spread(ranges: Sequence[PracticeRange], groups: Mapping[str, str]) -> list[RangeGroup]:
    """What each group of practices would be paid together. `groups` names the group of each practice."""
    found: dict[str, list[PracticeRange]] = {}
    for one in ranges:
        found.setdefault(groups.get(one.practice, "unknown"), []).append(one)
    return [total_range(group, found[group]) for group in sorted(found, key=_natural)]


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
