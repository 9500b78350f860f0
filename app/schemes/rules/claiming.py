"""Why a practice may not claim, and which period it means."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from app.core.clock import Period, add_months, financial_year_start
from app.schemes.rules.versions import applies_words
from app.schemes.values import (
    ClaimRefusal,
)

_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_INTERVAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9]{4}-[0-9]{2}-[0-9]{2}")


def claim_words(*, is_in: bool, is_covered: bool, applies: Sequence[Period], is_too_large: bool = False) -> str:
    """Why there is nothing to claim, in words. `applies` are the times of the published versions."""
    if not applies:
        return "The scheme has no published version yet."
    if not is_covered:
        return f"No one version covers all of this period: the scheme's apply {applies_words(applies)}."
    if not is_in:
        return "The practice has no agreement for this scheme in this period."
    if is_too_large:
        return "A value that is recorded for this period is too large to be right, so there is no figure: correct it."
    return "Nothing has to be claimed: a run pays from lists, posts and confirmed facts by itself."


def claim_refusal(
    *, is_in: bool, is_claimed: bool, may_declare: bool, period: Period, today: date
) -> ClaimRefusal | None:
    """Why not, the most lasting reason first; none where nothing has to be claimed. The window opens on the day after the
    period's last.

    For April to June 2026 a practice without an agreement is told so whoever asks and whenever; with one, whoever
    cannot declare is told so, and the practice manager on 30 June that it opens on 1 July. The codes are those of
    the published API.
    """
    if not is_in:
        return ClaimRefusal.NOT_SIGNED_UP
    if not is_claimed:
        return None
    if not may_declare:
        return ClaimRefusal.ROLE
    return ClaimRefusal.WINDOW_NOT_OPEN if today < period.end else None


def read_period(text: str) -> Period | str:
    """A period as it stands in an address: `2026-05`, `2026/27`, or `2026-04-01/2026-07-01`; in words where it is none."""
    try:
        if _MONTH.fullmatch(text):
            first = date.fromisoformat(f"{text}-01")
            return Period(first, add_months(first, 1))
        if _INTERVAL.fullmatch(text):
            start, end = map(date.fromisoformat, text.split("/"))
            return (
                Period(start, end)
                if start < end
                else "The end is not after the beginning; it is the day after the last."
            )
        start = financial_year_start(text)
        return Period(start, add_months(start, 12))
    except (ValueError, OverflowError):
        return "Write 2026-05, 2026/27 or 2026-04-01/2026-07-01."
