"""Which month practices are asked about, who is asked, and which days can be confirmed as sessions."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from app.core.clock import Period, add_months
from app.core.errors import FieldError
from app.core.wording import counted, day_text, month_text

_ASKED_UNTIL: Final = 7
"""The last day of a month on which practices are asked about the month before: what was missed is made up for until then."""


def month_asked(today: date) -> Period | None:
    """From 1 to 7 November practices are asked about October; after that nobody is."""
    if today.day > _ASKED_UNTIL:
        return None
    first = today.replace(day=1)
    return Period(add_months(first, -1), first)


def room_left(max_per_month: int | None, recorded: Decimal) -> int | None:
    """How many more sessions count in the month; None where any number does.

    Of at most two, one that is recorded leaves room for one more, and so does half a session: its second half.
    """
    if max_per_month is None:
        return None
    return max(0, int((Decimal(max_per_month) - recorded).to_integral_value(rounding="ROUND_CEILING")))


def refused_days(
    days: Sequence[date], month: Period, *, recorded: Collection[date], room: int | None
) -> list[FieldError]:
    """Days that cannot be confirmed, by their place: those of another month, those that are recorded already or are given
    twice, and those above what counts.
    """
    found: list[FieldError] = []
    for place, day in enumerate(days):
        pointer = f"/facts/{place}/on"
        if not month.contains(day):
            detail = f"Give a day of {month_text(month)}."
            found.append(FieldError(pointer, "schemes.other_month", detail))
        elif day in recorded:
            detail = f"A session on {day_text(day)} is recorded already."
            found.append(FieldError(pointer, "schemes.session_recorded", detail))
        elif day in days[:place]:
            detail = f"{day_text(day)} is given twice."
            found.append(FieldError(pointer, "schemes.session_recorded", detail))
        elif room is not None and place >= room:
            more = counted(room, "more session counts", "more sessions count") if room else "No more session counts"
            found.append(FieldError(pointer, "schemes.sessions_full", f"{more} in {month_text(month)}."))
    return found


def sample_day(month: Period, today: date, taken: Collection[date]) -> date:
    """A day on which one more session might have been: the month's last day without one that is not in the future."""
    last = min(month.end - timedelta(days=1), max(today, month.valid_from))
    free = (last - timedelta(days=n) for n in range((last - month.valid_from).days + 1))
    return next((day for day in free if day not in taken), last)
