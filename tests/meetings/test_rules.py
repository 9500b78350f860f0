"""What an attendance list means, worked out by hand."""

from datetime import UTC, datetime, time

import pytest

from app.meetings.rules import Recorded, difference, key_of, refuse_lines, stay
from app.meetings.values import Listed

STARTS = datetime(2026, 11, 12, 13, 0, tzinfo=UTC)
ENDS = datetime(2026, 11, 12, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arrives", "leaves", "minutes"),
    [(None, None, 240), (time(12, 45), time(15, 10), 130), (time(14), None, 180), (None, time(13, 30), 30)],
)
def test_a_stay_is_clipped_to_the_meeting(arrives: time | None, leaves: time | None, minutes: int) -> None:
    found = stay(Listed("A", "ZZ0001", "gp", arrives, leaves), STARTS, ENDS)
    assert found is not None
    assert found.minutes == minutes


@pytest.mark.parametrize(
    ("arrives", "leaves", "minutes"),
    [
        (None, None, 240),
        (time(0, 30), None, 90),
        (time(0, 30), time(1), 30),
        (time(21, 45), time(1), 180),
        (None, time(23), 60),
        (None, time(0), 120),
        (time(23), time(3), 180),
    ],
)
def test_a_meeting_past_midnight_counts_from_when_somebody_came(
    arrives: time | None, leaves: time | None, minutes: int
) -> None:
    starts, ends = datetime(2026, 11, 12, 22, tzinfo=UTC), datetime(2026, 11, 13, 2, tzinfo=UTC)
    found = stay(Listed("A", "ZZ0001", "gp", arrives, leaves), starts, ends)
    assert found is not None
    assert found.minutes == minutes


def test_leaving_before_coming_is_no_stay() -> None:
    assert stay(Listed("A", "ZZ0001", "gp", time(15), time(14)), STARTS, ENDS) is None


def test_a_stay_outside_the_meeting_is_none() -> None:
    assert stay(Listed("A", "ZZ0001", "gp", time(18), time(19)), STARTS, ENDS) is None


def test_times_are_london_times_in_summer() -> None:
    starts = datetime(2026, 7, 9, 12, 0, tzinfo=UTC)
    found = stay(Listed("A", "ZZ0001", "gp", time(13), time(14)), starts, datetime(2026, 7, 9, 16, tzinfo=UTC))
    assert found is not None
    assert (found.from_at, found.minutes) == (starts, 60)


def test_every_bad_line_is_named() -> None:
    lines = [
        Listed("A", "ZZ0001", "gp", None, None),
        Listed(" a ", "ZZ0001", "gp", None, None),
        Listed("B", "ZZ9", "gp", None, None),
    ]
    assert [(p.pointer, p.code) for p in refuse_lines(lines, frozenset({"ZZ0001"}))] == [
        ("/attendance/1/name", "listed_twice"),
        ("/attendance/2/practice", "unknown_practice"),
    ]


def test_moving_one_person_between_practices_touches_one_line_of_each() -> None:
    there = stay(Listed("A", "P1", "gp", None, None), STARTS, ENDS)
    assert there is not None
    known = {key_of(n, "P1"): Recorded("gp", STARTS, ENDS, is_removed=False) for n in ("Ann", "Bob")}
    wanted = {key_of("Ann", "P2"): ("gp", there), key_of("Bob", "P1"): ("gp", there)}
    found = difference(wanted, known)
    assert (found.added, found.changed, found.removed, found.unchanged) == ([("ann", "P2")], [], [("ann", "P1")], 1)


def test_somebody_taken_back_by_mistake_is_attended_again_when_listed_again() -> None:
    there = stay(Listed("A", "P1", "gp", None, None), STARTS, ENDS)
    assert there is not None
    known = {key_of("Ann", "P1"): Recorded("gp", STARTS, ENDS, is_removed=True)}
    found = difference({key_of("Ann", "P1"): ("gp", there)}, known)
    assert (found.added, found.changed, found.removed, found.unchanged) == ([], [("ann", "P1")], [], 0)
