"""Which facts change what, and which are refused."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from app.core.clock import Period
from app.core.errors import FieldError
from app.core.wording import counted
from app.schemes.rules.versions import applies_words
from app.schemes.values import (
    FactEntry,
    FactOutcome,
    FactState,
)

ONE: Final = Decimal(1)


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the versions of a scheme could count: facts of which names, which of them below zero, and on which days.

    Those named in `parts` say how much of something is done, from 0 to 1; those in `rates` are read as per cent.
    """

    names: frozenset[str]
    may_be_negative: frozenset[str]
    applies: tuple[Period, ...]
    parts: frozenset[str] = frozenset()
    rates: frozenset[str] = frozenset()


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
        elif above := _above_whole(fact, counted):
            found.append(FieldError(f"/facts/{place}/{above[0]}", "schemes.above_whole", above[1]))
    return found


def _above_whole(fact: FactEntry, counted: Evidence) -> tuple[str, str] | None:
    """The member and why, where a share above 1 would be paid as the whole without a word.

    50 for half is the slip that this is for. An achievement above 100% has a numerator and a denominator that say so;
    nothing is done more than once.
    """
    if fact.value is None or fact.value <= 1:
        return None
    member = "value" if fact.numerator is None else "numerator"
    if fact.measure in counted.parts:
        return member, "It says how much of it is done: 1 is all, 0.5 is half, and there is no more than all."
    if fact.measure in counted.rates and fact.numerator is None:
        detail = "It is read as a share: 50% is 0.5. Where more than 100% is meant, give numerator and denominator."
        return member, detail
    return None


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
