"""What an attendance list means: times within the meeting, and which lines are new, changed or gone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from app.core.clock import LONDON
from app.core.errors import FieldError
from app.core.etag import digest_etag
from app.meetings.values import Listed


def meeting_tag(version: int, attended: int) -> str:
    """The tag of a meeting, whose answer says how many came as well: given to readers and asked of whoever changes it."""
    return digest_etag("meeting", version, attended)


def attendance_tag(lines: Iterable[tuple[UUID, int]]) -> str:
    """The tag of a meeting's whole list: which lines are on it, and how often each was corrected."""
    return digest_etag("attendance", [[str(line), version] for line, version in sorted(lines)])


@dataclass(frozen=True, slots=True)
class Stay:
    """From when until when somebody was there, in whole minutes within the meeting."""

    from_at: datetime
    until_at: datetime
    minutes: int


def stay(line: Listed, starts_at: datetime, ends_at: datetime) -> Stay | None:
    """The line's London times on the meeting's days, clipped to the meeting; None when nothing of it is left.

    Examples: a meeting 13:00 to 17:00, listed 12:45 to 15:10, is a stay of 130 minutes; one of 22:00 to 02:00, listed
    from 00:30, is a stay of 90; and 00:30 to 02:30 of the night in which the clocks go back, one of 180.
    """
    arrived, left = starts_at, ends_at
    if line.from_:
        early, late = _on_two_days(line.from_, starts_at)
        # Before the start is early for the meeting, unless the meeting is still on at that time of the next day.
        arrived = late if early < starts_at and late < ends_at else early
    if line.until:
        first, following = _on_two_days(line.until, arrived)
        runs_on = ends_at.astimezone(LONDON).date() > arrived.astimezone(LONDON).date()
        left = following if first <= arrived and runs_on else first
    from_at, until_at = max(arrived, starts_at), min(left, ends_at)
    minutes = int((until_at - from_at).total_seconds() // 60)
    return Stay(from_at, until_at, minutes) if minutes > 0 else None


def _on_two_days(clock: time, since: datetime) -> tuple[datetime, datetime]:
    """That London time on the day of `since`, and on the day after.

    In UTC: what lies between two times of one zone is counted by the hands of its clock, an hour off when that changes.
    """
    day = since.astimezone(LONDON).date()
    following = day + timedelta(days=1)
    return datetime.combine(day, clock, LONDON).astimezone(UTC), datetime.combine(following, clock, LONDON).astimezone(
        UTC
    )


Key = tuple[str, str]
"""What two writings of one name have in common, and the practice: one attendance of a meeting."""


def refuse_lines(
    lines: Sequence[Listed],
    keys: Sequence[Key],
    holders: Sequence[UUID | None],
    *,
    members: frozenset[str],
    only: str | None = None,
) -> list[FieldError]:
    """Every line that cannot be taken: of a practice that is not a member that day, or not the one whose list it is
    (`only`), or of a person who is listed twice. `holders` are the people whom the lines were found to mean.

    Example: `Dr Ana Field`, `Ana Field` and `Field, Ana` of one practice are one person, listed three times.
    """
    problems: list[FieldError] = []
    seen: set[Key | UUID] = set()
    for number, (line, key, holder) in enumerate(zip(lines, keys, holders, strict=True)):
        if only is not None and line.practice != only:
            words = "A practice lists its own people; the commissioner lists those of others."
            problems.append(FieldError(f"/attendance/{number}/practice", "other_practice", words))
        elif line.practice not in members:
            problems.append(
                FieldError(f"/attendance/{number}/practice", "unknown_practice", "Not a member practice that day.")
            )
        if key in seen:
            words = "Listed twice for this practice; write the names of two people so that they differ."
            problems.append(FieldError(f"/attendance/{number}/name", "listed_twice", words))
        elif holder in seen:
            words = "The same person is on another line, for another practice."
            problems.append(FieldError(f"/attendance/{number}/name", "listed_twice", words))
        seen |= {key} if holder is None else {key, holder}
    return problems


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is on record for a key: enough to see whether a new list changes it."""

    role: str
    from_at: datetime
    until_at: datetime
    is_removed: bool


@dataclass(frozen=True, slots=True)
class Difference:
    added: list[Key]
    changed: list[Key]
    removed: list[Key]
    unchanged: int


def difference(wanted: Mapping[Key, tuple[str, Stay]], known: Mapping[Key, Recorded]) -> Difference:
    """A list is the whole list: who is no longer on it is taken back. The same list again differs in nothing."""
    added, changed, unchanged = [], [], 0
    for key, (role, there) in wanted.items():
        before = known.get(key)
        if before is None:
            added.append(key)
        elif before.is_removed or (before.role, before.from_at, before.until_at) != (
            role,
            there.from_at,
            there.until_at,
        ):
            changed.append(key)
        else:
            unchanged += 1
    removed = [key for key, before in known.items() if key not in wanted and not before.is_removed]
    return Difference(added, changed, removed, unchanged)
