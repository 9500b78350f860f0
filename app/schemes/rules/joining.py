"""Who agreed for how long, and who may not be signed up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from app.calculation.values import PracticeInput
from app.core.clock import Period
from app.core.errors import FieldError
from app.organisations.values import Succession
from app.schemes.values import (
    Agreement,
    ParticipationState,
    SignUp,
)

_GAP: Final = timedelta(days=1)


def is_lapsed(state: str, respond_by: date | None, *, today: date) -> bool:
    """An offer that was not answered by its last day."""
    return state == ParticipationState.OFFERED and respond_by is not None and respond_by < today


def agreement_term(valid_from: date | None, valid_until: date | None, *, year: Period) -> Period | None:
    """When an agreement holds: from its first day until its end; what it does not say is that of the scheme's year.

    In a scheme of 2026/27 one without dates holds from 1 April 2026 to 31 March 2027, and one from 1 June to 31 March.
    None where that leaves no day.
    """
    start, end = valid_from or year.valid_from, valid_until or year.end
    return Period(start, end) if start < end else None


def agreement_terms(agreements: Iterable[Agreement]) -> dict[str, Period]:
    """When each practice's agreement holds; without those that hold on no day."""
    terms = {each.practice: agreement_term(each.valid_from, each.valid_until, year=each.year) for each in agreements}
    return {practice: term for practice, term in terms.items() if term is not None}


def refused_sign_ups(
    sign_ups: Sequence[SignUp], closed_on: Mapping[str, date | None], *, starts_on: date, today: date
) -> list[FieldError]:
    """A practice that closed before the scheme starts signs only for the record, and nobody has signed tomorrow.

    On 22 November 2026 a form dated 23 November is refused, and so is a practice that closed on 31 March 2026 for a scheme
    of 2026/27, unless it is said to be historical. That exception is the published API's; the rest is ours.
    """
    found: list[FieldError] = []
    seen: set[str] = set()
    for place, each in enumerate(sign_ups):
        if each.practice in seen:
            detail = "The practice stands in this request already."
            found.append(FieldError(f"/sign_ups/{place}/practice", "schemes.practice_repeated", detail))
        seen.add(each.practice)
        if each.signed_on > today:
            detail = "An agreement that is yet to be signed cannot be recorded; the day is in the future."
            found.append(FieldError(f"/sign_ups/{place}/signed_on", "schemes.signed_in_future", detail))
        closed = closed_on.get(each.practice)
        if closed is not None and closed < starts_on and not each.historical:
            detail = "The practice closed before the scheme starts; say historical where that is meant."
            found.append(FieldError(f"/sign_ups/{place}/practice", "schemes.practice_closed", detail))
    return found


def membership(periods: Sequence[Period], term: Period | None) -> tuple[Period, ...]:
    """When the practice counts as a member of the scheme: a member of the commissioner, with an agreement in force.

    A member from 1 to 10 April and again from 21 to 30 June has 20 of the quarter's 91 days: of 9,100.00 by days it is
    paid 2,000.00. Register files leave gaps of a day between memberships that follow each other; such a day counts.
    Where there is no agreement, before anybody was asked, the memberships count alone.
    """
    joined: list[Period] = []
    for each in sorted(periods, key=lambda period: period.valid_from):
        end = joined[-1].valid_until if joined else None
        if not joined or (end is not None and each.valid_from - end > _GAP):
            joined.append(each)
        elif end is not None:
            until = None if each.valid_until is None else max(end, each.valid_until)
            joined[-1] = Period(joined[-1].valid_from, until)
    if term is None:
        return tuple(joined)
    return tuple(part for part in (each.intersection(term) for each in joined) if part)


def heir(succession: Succession | None, member: Sequence[Period] | None) -> str | None:
    """Who takes over what is left of a practice: nobody where it had left before its successor's day came.

    A practice whose agreement ended on 15 May and that closes on 31 July has nothing left of 910.00 to hand on; one that was
    a member until it closed on 15 May leaves 46 of the quarter's 91 days, 460.00.
    """
    if succession is None:
        return None
    ends = [each.valid_until for each in member or ()]
    left_before = bool(ends) and all(end is not None and end < succession.takes_over_on for end in ends)
    return None if left_before else succession.successor


def with_heirs_present(practices: Sequence[PracticeInput]) -> list[PracticeInput]:
    """As a period sees them: whoever is no member on any of its days takes over nothing in it.

    A practice closes in May, and its successor comes to the commissioner in October: nobody is paid for what is left of
    April to June, and from October on the successor is paid for itself.
    """
    absent = {each.code for each in practices if each.member == ()}
    return [replace(each, successor=None) if each.successor in absent else each for each in practices]
