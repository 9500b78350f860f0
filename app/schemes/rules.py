"""Pure rules of schemes: which facts change what, who may not be signed up, what a budget's share is."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from app.calculation.service import year_share
from app.core.clock import Period, add_months, financial_year_start
from app.core.errors import FieldError
from app.core.wording import counted
from app.organisations.values import SIZE_EDGES
from app.schemes.values import (
    Agreement,
    Budget,
    ClaimRefusal,
    FactEntry,
    FactOutcome,
    FactState,
    ParticipationState,
    PracticeRange,
    RangeGroup,
    SignUp,
)

ONE: Final = Decimal(1)
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_INTERVAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9]{4}-[0-9]{2}-[0-9]{2}")
_GAP: Final = timedelta(days=1)


def is_lapsed(state: str, respond_by: date | None, *, today: date) -> bool:
    """An offer that was not answered by its last day."""
    return state == ParticipationState.OFFERED and respond_by is not None and respond_by < today


@dataclass(frozen=True, slots=True)
class KnownFact:
    """The current fact of an external id."""

    entry: FactEntry
    state: FactState


@dataclass(frozen=True, slots=True)
class FactPlan:
    """What is to be written: new rows, and the external ids whose current row is superseded first."""

    written: tuple[FactEntry, ...]
    superseded: tuple[str, ...]
    outcome: FactOutcome


def plan_facts(facts: Sequence[FactEntry], known: Mapping[str, KnownFact], *, confirmed: bool) -> FactPlan:
    """Compares what comes in with what is known. An entry without a value withdraws the fact of its id.

    A confirming caller who repeats an entered fact confirms it; a practice that repeats a confirmed one changes nothing.
    """
    written: dict[str, FactEntry] = {}
    superseded: list[str] = []
    created = changed = unchanged = removed = 0
    for fact in {fact.external_id: fact for fact in facts}.values():
        now = known.get(fact.external_id)
        if now is None and fact.value is None:
            unchanged += 1
        elif now is None:
            written[fact.external_id] = fact
            created += 1
        elif fact.value is None:
            superseded.append(fact.external_id)
            removed += 1
        elif now.entry == fact and (now.state is FactState.CONFIRMED or not confirmed):
            unchanged += 1
        else:
            superseded.append(fact.external_id)
            written[fact.external_id] = fact
            changed += 1
    outcome = FactOutcome(created=created, changed=changed, unchanged=unchanged, removed=removed)
    return FactPlan(tuple(written.values()), tuple(superseded), outcome)


def refused_facts(facts: Sequence[FactEntry], known: Mapping[str, KnownFact], *, may_correct: bool) -> list[FieldError]:
    return [*_repeated(facts), *(() if may_correct else _overruled(facts, known))]


def _repeated(facts: Sequence[FactEntry]) -> Iterator[FieldError]:
    first: dict[str, FactEntry] = {}
    for place, fact in enumerate(facts):
        if first.setdefault(fact.external_id, fact) != fact:
            detail = "Another fact of this request has the same id and says something else."
            yield FieldError(f"/facts/{place}/external_id", "schemes.external_id_repeated", detail)


def _overruled(facts: Sequence[FactEntry], known: Mapping[str, KnownFact]) -> Iterator[FieldError]:
    """A practice may correct what it entered itself; not another practice's facts, nor what the office has confirmed."""
    for place, fact in enumerate(facts):
        now = known.get(fact.external_id)
        if now is None or now.entry == fact:
            continue
        if now.entry.practice != fact.practice:
            yield FieldError(
                f"/facts/{place}/external_id", "schemes.external_id_taken", "This id is in use; choose another."
            )
        elif now.state is FactState.CONFIRMED:
            detail = "The commissioner has confirmed this fact; ask it for the correction."
            yield FieldError(f"/facts/{place}/external_id", "schemes.fact_confirmed", detail)


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the versions of a scheme could count: facts of which names, which of them below zero, and on which days."""

    names: frozenset[str]
    may_be_negative: frozenset[str]
    applies: tuple[Period, ...]


def applies_words(applies: Iterable[Period]) -> str:
    """When a scheme's versions apply: `from 2026-04-01 until 2027-04-01, the last day not included`."""
    spans = sorted({(each.valid_from, each.end) for each in applies})
    return f"{', '.join(f'from {start} until {end}' for start, end in spans)}, the last day not included"


def live_version(published: Sequence[tuple[int, Period]]) -> int:
    """The version that goes furthest, of several the newest: not the correction of a quarter that is over."""
    return max(published, key=lambda each: (each[1].end, each[0]))[0]


def version_signed(published: Sequence[tuple[int, Period]], term: Period) -> int | None:
    """The version by whose words an agreement for the term is made: the newest that applies to all of it, else to its
    first day, else the newest of all. The correction of a quarter that is over is in nobody's agreement.

    Version 1 applies from April to March, 2 from April to June: who joins for the rest of the year from November signs 1,
    and once version 3 applies from October to March, 3. The rule is ours: an acceptance carries the digest of the words
    that were read, so they have to be words that can still be paid by.
    """
    choices = (
        [n for n, applies in published if applies.intersection(term) == term],
        [n for n, applies in published if applies.contains(term.valid_from)],
        [n for n, _ in published],
    )
    return next((max(numbers) for numbers in choices if numbers), None)


def facts_outside_scheme(
    facts: Sequence[FactEntry], agreed: Mapping[str, Period], *, counted: Evidence
) -> list[FieldError]:
    """What no version would ever count, and would be lost without a word."""
    found: list[FieldError] = []
    for place, fact in enumerate(facts):
        is_applied = any(period.contains(fact.on) for period in counted.applies)
        if not is_applied:
            detail = f"The scheme's versions apply {applies_words(counted.applies)}."
            found.append(FieldError(f"/facts/{place}/on", "schemes.outside_scheme", detail))
        term = agreed.get(fact.practice)
        if term is None or (is_applied and not term.contains(fact.on)):
            detail = "The practice has no agreement for this scheme on that day."
            found.append(FieldError(f"/facts/{place}/practice", "schemes.practice_not_in_scheme", detail))
        if fact.measure not in counted.names:
            detail = 'No definition of the scheme reads it. Give the name under "fact", not the key under "measures".'
            found.append(FieldError(f"/facts/{place}/measure", "schemes.measure_unknown", detail))
        elif fact.value is not None and fact.value < 0 and fact.measure not in counted.may_be_negative:
            detail = "It is counted, and nothing is counted below zero; correct a fact by sending its id again."
            member = "value" if fact.numerator is None else "numerator"
            found.append(FieldError(f"/facts/{place}/{member}", "schemes.negative_count", detail))
    return found


def facts_in_future(facts: Sequence[FactEntry], *, today: date) -> list[FieldError]:
    """What has yet to happen is no evidence: it would be paid although it never took place."""
    detail = "The day is in the future; record it once it has happened."
    return [
        FieldError(f"/facts/{place}/on", "schemes.fact_in_future", detail)
        for place, fact in enumerate(facts)
        if fact.on > today and fact.value is not None
    ]


def unread_words(measures: Sequence[str], *, known: Sequence[str]) -> list[str]:
    """One sentence for each name of a fact that a definition does not read; a scheme refuses such facts."""
    read = ", ".join(known) or "none"
    counts = Counter(measure for measure in measures if measure not in known)
    return [
        f'{counted(count, "fact is", "facts are")} named {name}, which the definition does not read; its "fact"'
        f" names: {read}."
        for name, count in sorted(counts.items())
    ]


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


def budget_share(budget: Budget, list_size: Decimal, applies: Period) -> Fraction | None:
    """Pence of a per-head budget that are a practice's: 2.00 for each of 8,412 patients is 16,824.00 a year.

    A version that applies to part of a year has the part that prices for a year have. None where the budget is one
    amount for all.
    """
    if budget.per_head is None:
        return None
    return Fraction(budget.per_head) * 100 * Fraction(list_size) * year_share(applies)


def whole_pence(pence: Fraction | None) -> int | None:
    """Down to the penny: a budget is not stretched by rounding."""
    return None if pence is None else pence.numerator // pence.denominator


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


def is_covered(period: Period, *, by: Period) -> bool:
    """Whether the one lies within the other, whose ends are known."""
    return by.valid_from <= period.valid_from and period.end <= by.end


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


def size_band(registered: Decimal | None) -> str:
    """The group of practices of that size, by the bands that forums compare by: 8,412 patients are in `6,000 to 9,999`."""
    if registered is None:
        return "unknown"
    for least, most in pairwise((0, *SIZE_EDGES)):
        if registered < most:
            return f"{least:,} to {most - 1:,}"
    return f"{SIZE_EDGES[-1]:,} and over"


def rurality(rural: bool | None) -> str:
    return "unknown" if rural is None else "rural" if rural else "not rural"


def deprivation(decile: int | None) -> str:
    return "unknown" if decile is None else f"decile {decile}"


def spread(ranges: Sequence[PracticeRange], groups: Mapping[str, str]) -> list[RangeGroup]:
    """What each group of practices would be paid together. `groups` names the group of each practice."""
    found: dict[str, list[PracticeRange]] = {}
    for one in ranges:
        found.setdefault(groups.get(one.practice, "unknown"), []).append(one)
    return [total_range(group, found[group]) for group in sorted(found, key=_natural)]


def total_range(group: str, ranges: Sequence[PracticeRange]) -> RangeGroup:
    """`most` is None as soon as one practice's is."""
    mosts = [one.most for one in ranges]
    bounded = [most for most in mosts if most is not None]
    return RangeGroup(
        group=group,
        practices=len(ranges),
        least=sum(one.least for one in ranges),
        expected=sum(one.expected for one in ranges),
        most=sum(bounded) if len(bounded) == len(mosts) else None,
    )


def _natural(name: str) -> tuple[bool, int, str]:
    digits = "".join(character for character in name.partition(" to ")[0] if character.isdigit())
    return (not digits, int(digits or 0), name)
