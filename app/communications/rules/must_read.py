"""When somebody is reminded of what has to be read, who is asked in their place, and when it comes round again."""

import re
from datetime import date, timedelta
from typing import Final

from app.communications.values import LEAD_DAYS, MOST_OVERDUE_DAYS, REMIND_DAYS, Cover, Stage
from app.core.clock import add_months

PEOPLE: Final = " people"
"""At the end of the occasion of what goes to people for themselves."""
_EDITION: Final = re.compile(r"v(\d+)")
_REMINDER: Final = re.compile(r"v(\d+) (due|overdue) .+")
_SHORTEST: Final = timedelta(days=7)
ASK_LEAD: Final = Stage("overdue lead", Cover.NAMED_LEAD)
ASK_MANAGER: Final = Stage("overdue manager", Cover.PRACTICE_MANAGER)
_IN_THEIR_PLACE: Final = {stage.key: stage.cover for stage in (ASK_LEAD, ASK_MANAGER)}


def occasion_of(edition: int, stage: Stage | None = None) -> str:
    """The first version has none, as announcements had before there were versions."""
    if stage is not None:
        return f"v{edition} {stage.key}"
    return "" if edition == 1 else f"v{edition}"


def edition_in(occasion: str) -> int:
    found = _EDITION.match(occasion)
    return int(found[1]) if found else 1


def occasions_until(edition: int) -> list[str]:
    """Of all messages that can have been sent of the versions up to this one."""
    stages = [f"due {days}" for days in REMIND_DAYS] + [*_IN_THEIR_PLACE]
    numbers = range(1, edition + 1)
    later = [f"v{n} {stage}{whom}" for n in numbers for stage in stages for whom in ("", PEOPLE)]
    return [occasion_of(n) for n in numbers] + later


def is_for_people(occasion: str) -> bool:
    """Whether it reminds people for themselves, and not for a practice."""
    return occasion.endswith(PEOPLE) and reminder_in(occasion) is not None


def reminder_in(occasion: str) -> tuple[int, Stage] | None:
    """(version, stage) of a reminder; None for the announcement itself."""
    found = _REMINDER.fullmatch(occasion)
    if found is None:
        return None
    key = occasion.removesuffix(PEOPLE).partition(" ")[2]
    return int(found[1]), Stage(key, _IN_THEIR_PLACE.get(key))


def stage_on(by: date, *, published_on: date, today: date) -> Stage | None:
    """What is due today. A day on which nothing ran is made up for by the next; what is told is told once by its key.

    To be read by 20 May and published on 1 May: reminders on the 13th, the 18th and the 20th; on the 21st the practice's
    named lead is asked, on the 28th its manager. Published on the 15th, the first reminder is that of the 18th.
    """
    left = (by - today).days
    if left >= 0:
        due = [days for days in REMIND_DAYS if left <= days and by - timedelta(days=days) > published_on]
        return Stage(f"due {due[0]}") if due else None
    if -left <= LEAD_DAYS:
        return ASK_LEAD
    return ASK_MANAGER if -left <= MOST_OVERDUE_DAYS else None


def is_renewed(months: int | None, *, published_on: date, today: date) -> bool:
    """So many months after the last round began: yearly from 29 February on is 28 February."""
    return months is not None and add_months(published_on, months) <= today


def next_by(by: date, *, published_on: date, today: date) -> date:
    """As long to read it as in the round before, a week at least."""
    return today + max(by - published_on, _SHORTEST)
