"""What an attendance list means, worked out by hand."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from app.meetings.rules import Recorded, difference, refuse_lines, stay
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


@pytest.mark.parametrize(("ends", "minutes"), [((2026, 10, 25), 180), ((2026, 3, 29), 60), ((2026, 11, 13), 120)])
def test_minutes_are_those_that_passed_when_the_clocks_change(ends: tuple[int, int, int], minutes: int) -> None:
    end = datetime(*ends, 5, tzinfo=UTC)
    found = stay(Listed("A", "ZZ0001", "gp", time(0, 30), time(2, 30)), end - timedelta(hours=9), end)
    assert found is not None
    assert (found.minutes, (found.until_at - found.from_at).total_seconds() // 60) == (minutes, minutes)


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
    named = [("A", "ZZ0001"), (" a ", "ZZ0001"), ("B", "ZZ9"), ("C", "ZZ0001"), ("C", "ZZ0002"), ("D", "ZZ0002")]
    lines = [Listed(name, practice, "gp", None, None) for name, practice in named]
    keys = [(name.strip().lower(), practice) for name, practice in named]
    person = UUID(int=1)
    holders = [None, None, None, person, person, None]
    members = frozenset({"ZZ0001", "ZZ0002"})
    assert [(p.pointer, p.code) for p in refuse_lines(lines, keys, holders, members=members)] == [
        ("/attendance/1/name", "listed_twice"),
        ("/attendance/2/practice", "unknown_practice"),
        ("/attendance/4/name", "listed_twice"),
    ]
    own = refuse_lines(lines[3:], keys[3:], [None, None, None], members=members, only="ZZ0001")
    assert [(p.pointer, p.code) for p in own] == [
        ("/attendance/1/practice", "other_practice"),
        ("/attendance/2/practice", "other_practice"),
    ]


def test_moving_one_person_between_practices_touches_one_line_of_each() -> None:
    there = stay(Listed("A", "P1", "gp", None, None), STARTS, ENDS)
    assert there is not None
    known = {(n, "P1"): Recorded("gp", STARTS, ENDS, is_removed=False) for n in ("ann", "bob")}
    wanted = {("ann", "P2"): ("gp", there), ("bob", "P1"): ("gp", there)}
    found = difference(wanted, known)
    assert (found.added, found.changed, found.removed, found.unchanged) == ([("ann", "P2")], [], [("ann", "P1")], 1)


def test_somebody_taken_back_by_mistake_is_attended_again_when_listed_again() -> None:
    there = stay(Listed("A", "P1", "gp", None, None), STARTS, ENDS)
    assert there is not None
    known = {("ann", "P1"): Recorded("gp", STARTS, ENDS, is_removed=True)}
    found = difference({("ann", "P1"): ("gp", there)}, known)
    assert (found.added, found.changed, found.removed, found.unchanged) == ([], [("ann", "P1")], [], 0)
