"""When a query about a line has to be answered."""

from datetime import date, timedelta


def answer_due(opened_on: date, working_days: int) -> date:
    """The last day for an answer: so many working days after the one on which the query was opened.

    Monday to Friday are working days. Bank holidays count as well: they are proclaimed year by year, and a practice is
    promised the earlier day. Opened on Friday 27 November 2026 with ten working days: Friday 11 December 2026. The rule
    is ours.
    """
    weeks, rest = divmod(working_days, 5)
    due = opened_on + timedelta(days=7 * weeks)
    # Opened at a weekend, it is as if it had been opened on the Friday before.
    due -= timedelta(days=max(0, due.weekday() - 4))
    days_left = 4 - due.weekday()
    return due + timedelta(days=rest if rest <= days_left else rest + 2)
