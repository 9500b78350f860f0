"""Which of a practice's lists counts on a day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

from app.calculation.values import Basis, ListSize

_NEVER_RECORDED: Final = datetime.min.replace(tzinfo=UTC)


def latest_list(lists: Sequence[ListSize], *, on: date, basis: Basis) -> ListSize | None:
    """The list with the latest date on or before the day that has the basis. Of two records for one date the later
    correction counts.
    """
    known = [each for each in lists if each.as_at <= on and getattr(each, basis) is not None]
    if len(known) < 2:
        return known[0] if known else None
    return max(known, key=lambda each: (each.as_at, each.recorded_at or _NEVER_RECORDED, each.source or ""))
