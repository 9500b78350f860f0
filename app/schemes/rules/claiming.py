"""Whether a practice may claim, when, and which period it means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.core.clock import (
    END_OF_DAYS,
    FIRST_DAY,
    Period,
    add_months,
    financial_year_of,
    financial_year_start,
    quarter_start,
)
from app.core.wording import day_text
from app.schemes.rules.versions import applies_words
from app.schemes.values import ClaimEvery, ClaimRefusal, ClaimRules, ClaimWindow

_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_INTERVAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a practice, a scheme and a period decides whether it may claim."""

    is_in: bool
    is_covered: bool
    is_claimed: bool
    may_declare: bool
    has_claim: bool
    window: ClaimWindow
    closed_on: date | None = None
    """The last day that the practice was open, where that is before the period."""
    claimed_every: ClaimEvery | None = None
    """For which periods the scheme is claimed, where this is none of them."""
    is_too_large: bool = False
    is_outgrown: bool = False
    """A claim was paid, and other evidence is recorded by now: it can be claimed for as well, whatever the time."""


def claim_window(period: Period, rules: ClaimRules, *, rejected_on: date | None) -> ClaimWindow:
    """When a period may be claimed: from the day after its last, for as many days as the scheme gives. A claim that was
    rejected may be made anew for as many days from then, where that is longer.

    April to June 2026 with 42 days is claimed from 1 July to 11 August; a claim that is rejected on 1 August may be made
    anew until 12 September. The rule is ours.
    """
    span = timedelta(days=rules.window_days)
    last = period.end + span - timedelta(days=1)
    return ClaimWindow(period.end, last if rejected_on is None else max(last, rejected_on + span))


def is_claim_period(period: Period, every: ClaimEvery) -> bool:
    """Whether the scheme is claimed, and so paid, for this very period."""
    start = period.valid_from
    match every:
        case ClaimEvery.MONTH:
            return start.day == 1 and period.end == add_months(start, 1)
        case ClaimEvery.QUARTER:
            return start == quarter_start(start) and period.end == add_months(start, 3)
        case ClaimEvery.YEAR:
            return period == financial_year_of(start)


def claim_periods(year: Period, every: ClaimEvery) -> list[Period]:
    """Those of a scheme's year for which it is claimed: twelve, four or one."""
    months = {ClaimEvery.MONTH: 1, ClaimEvery.QUARTER: 3, ClaimEvery.YEAR: 12}[every]
    starts = [add_months(year.valid_from, each) for each in range(0, 12, months)]
    return [Period(start, add_months(start, months)) for start in starts]


def claim_refusal(standing: Standing, *, today: date) -> ClaimRefusal | None:
    """Why not, the most lasting reason first; none where nothing has to be claimed.

    For April to June 2026 a practice without an agreement is told so whoever asks and whenever; with one, whoever
    cannot declare is told so, and the practice manager on 30 June that it opens on 1 July. The codes are those of
    the published API.
    """
    if not standing.is_in:
        return ClaimRefusal.NOT_SIGNED_UP
    if not standing.is_claimed:
        return None
    if not standing.may_declare:
        return ClaimRefusal.ROLE
    if standing.has_claim:
        return ClaimRefusal.ALREADY_CLAIMED
    if standing.claimed_every is not None:
        return ClaimRefusal.NO_CLAIM_PERIOD
    if standing.is_outgrown:
        return None
    if today < standing.window.opens_on:
        return ClaimRefusal.WINDOW_NOT_OPEN
    return ClaimRefusal.WINDOW_MISSED if today > standing.window.closes_on else None


def claim_words(standing: Standing, refusal: ClaimRefusal | None, *, applies: Sequence[Period]) -> str:
    """Why there is nothing to claim, in words, or until when to claim. `applies` are the times of the published versions."""
    if not applies:
        return "The scheme has no published version yet."
    if not standing.is_covered:
        return f"No one version covers all of this period: the scheme's apply {applies_words(applies)}."
    if standing.closed_on is not None:
        return f"The practice was open until {day_text(standing.closed_on)}, and no longer in this period."
    if not standing.is_in:
        return "The practice has no agreement for this scheme in this period."
    if standing.is_too_large:
        return "A value that is recorded for this period is too large to be right, so there is no figure: correct it."
    if not standing.is_claimed:
        return "Nothing has to be claimed: a run pays from lists, posts and confirmed facts by itself."
    if standing.is_outgrown and refusal is None:
        return "A claim was paid, and other evidence is recorded by now: claim for the period again."
    opens, closes = day_text(standing.window.opens_on), day_text(standing.window.closes_on)
    return {
        None: f"Claim until {closes}.",
        ClaimRefusal.ROLE: "The practice's lead or its manager claims.",
        ClaimRefusal.ALREADY_CLAIMED: "There is a claim of the practice for this time already.",
        ClaimRefusal.NO_CLAIM_PERIOD: f"The scheme is claimed, and so paid, for each {standing.claimed_every}.",
        ClaimRefusal.WINDOW_NOT_OPEN: f"The period can be claimed from {opens} until {closes}.",
        ClaimRefusal.WINDOW_MISSED: f"The period could be claimed from {opens} until {closes}; ask the commissioner.",
        ClaimRefusal.NOT_SIGNED_UP: "The practice has no agreement for this scheme in this period.",
    }[refusal]


def read_period(text: str) -> Period | str:
    """A period as it stands in an address: `2026-05`, `2026/27`, or `2026-04-01/2026-07-01`; in words where it is none."""
    try:
        start, end = _ends(text)
    except (ValueError, OverflowError):
        return "Write 2026-05, 2026/27 or 2026-04-01/2026-07-01."
    if start >= end:
        return "The end is not after the beginning; it is the day after the last."
    if start < FIRST_DAY or end > END_OF_DAYS:
        return f"A period lies between {FIRST_DAY} and {END_OF_DAYS}."
    return Period(start, end)


def _ends(text: str) -> tuple[date, date]:
    if _INTERVAL.fullmatch(text):
        start, end = map(date.fromisoformat, text.split("/"))
        return start, end
    if _MONTH.fullmatch(text):
        start = date.fromisoformat(f"{text}-01")
        return start, add_months(start, 1)
    start = financial_year_start(text)
    return start, add_months(start, 12)
