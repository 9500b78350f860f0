"""What was seen and not paid, in words: facts that nobody has confirmed yet."""

from collections.abc import Callable
from typing import Final

from app.calculation.language.tree import measures_used, needs_used
from app.calculation.rules.earning import Run, View
from app.calculation.rules.exact import exact
from app.calculation.rules.wording import number_text
from app.calculation.values import Definition, Fact, PracticeInput
from app.core.wording import counted, day_text, noun

_DATES_SHOWN: Final = 10


def unconfirmed_notes(definition: Definition, run: Run) -> Callable[[PracticeInput], tuple[str, ...]]:
    """One note for each name of facts that the definition uses, in the order of the definition."""
    names = fact_names(definition)

    def notes(practice: PracticeInput) -> tuple[str, ...]:
        waiting = [fact for fact in practice.facts if not fact.confirmed and run.period.contains(fact.on)]
        if not waiting:
            return ()
        by_name = {name: [fact for fact in waiting if fact.measure == name] for name in names}
        return tuple(_note(name, facts, run.view) for name, facts in by_name.items() if facts)

    return notes


def fact_names(definition: Definition) -> list[str]:
    parts = (*measures_used(definition), *needs_used(definition))
    return list(dict.fromkeys(name for part in parts for name in part.facts_read()))


def _note(name: str, facts: list[Fact], view: View) -> str:
    facts = sorted(facts, key=lambda fact: (fact.on, fact.external_id))
    shown = [f"{day_text(fact.on)} ({number_text(exact(fact.value))})" for fact in facts[:_DATES_SHOWN]]
    if len(facts) > _DATES_SHOWN:
        shown.append(f"and {len(facts) - _DATES_SHOWN} more")
    subject, is_are = counted(len(facts), "fact"), noun(len(facts), "is", "are")
    treated = "not paid" if view is View.CONFIRMED else "counted here, and not paid until then"
    return f"{subject} named {name} {is_are} not confirmed yet and {treated}: {', '.join(shown)}."
