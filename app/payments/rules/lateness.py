"""When a released run is late."""

from datetime import date, timedelta
from typing import Final

WORKING_DAYS: Final = 5
_SATURDAY: Final = 5


def unanswered_since(on: date) -> date:
    """The last day of release after which five working days are over at the end of `on`.

    What was released on Friday 6 November 2026 has had until Friday 13 November; so has what was released on the Sunday
    between. Bank holidays count as working days, since a question that comes a day early does no harm. The rule is ours: the
    commissioners' present system sends a payment file up to three times over the following working days when no answer
    comes, and tells nobody (NHS England, CQRS Local frequently asked questions, 2023).
    """
    day, over = on, 0
    while True:
        over += day.weekday() < _SATURDAY
        if over == WORKING_DAYS:
            return day - timedelta(days=1)
        day -= timedelta(days=1)
