"""Laying periods of membership beside those that are there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.core.clock import Period
from app.organisations.values import PlacementOutcome


@dataclass(frozen=True, slots=True)
class Placement:
    """A practice's membership of one group (a locality; None for a place). Without an `id` it is not stored yet."""

    group: UUID | None
    period: Period
    id: UUID | None = None


@dataclass(slots=True)
class Laid:
    """What became of each wanted placement, in the order given, and what is to be written for it."""

    outcomes: list[PlacementOutcome] = field(default_factory=list)
    written: list[Placement] = field(default_factory=list)
    removed: list[UUID] = field(default_factory=list)
    in_the_way: dict[int, Placement] = field(default_factory=dict)
    """For each wanted placement that is refused, by its place: the membership of another group that it overlaps."""


def lay_placements(existing: Sequence[Placement], wanted: Sequence[Placement]) -> Laid:
    """Place one practice in groups, of which it may be in one at a time.

    A wanted placement takes the place of what it overlaps in the same group, so that a period can be corrected; one
    that overlaps another group is refused. Periods that become shorter are laid first, because others may need the room.

    In North from 2013, open; wanted are South from 2020 and North from 2013 until 2020: both are laid.
    """
    laid, state = Laid([PlacementOutcome.OVERLAPPING] * len(wanted)), list(existing)
    for place in sorted(range(len(wanted)), key=lambda place: _turn(existing, wanted[place])):
        one = wanted[place]
        overlapped = [other for other in state if other.period.intersection(one.period)]
        elsewhere = next((other for other in overlapped if other.group != one.group), None)
        if elsewhere is not None:
            laid.in_the_way[place] = elsewhere
            continue
        laid.outcomes[place] = _lay(laid, state, overlapped, one)
    return laid


def overlap_words(locality: str, period: Period) -> str:
    until = f" until {period.valid_until}" if period.valid_until else ""
    return f"It is in {locality} from {period.valid_from}{until}; end that first, or give a period beside it."


def _turn(existing: Iterable[Placement], wanted: Placement) -> int:
    """Shortened periods first, then other known ones, then new ones."""
    same = [e for e in existing if e.group == wanted.group and e.period.intersection(wanted.period)]
    if not same:
        return 2
    return 0 if all(wanted.period.intersection(e.period) == wanted.period for e in same) else 1


def _lay(laid: Laid, state: list[Placement], same: list[Placement], one: Placement) -> PlacementOutcome:
    if not same:
        laid.written.append(one)
        state.append(one)
        return PlacementOutcome.CREATED
    kept, *dropped = same
    if not dropped and kept.period == one.period:
        return PlacementOutcome.UNCHANGED
    changed = replace(kept, period=one.period)
    for gone in same:
        state.remove(gone)
    state.append(changed)
    laid.written.append(changed)
    laid.removed += [gone.id for gone in dropped if gone.id is not None]
    return PlacementOutcome.UPDATED
