"""What stands against a version: what the engine cannot pay, and what nobody could ever fulfil."""

from collections.abc import Iterator

from app.calculation import service as calculation
from app.calculation.values import Definition, Problem
from app.core.clock import Period


def version_problems(definition: Definition, *, applies: Period) -> list[Problem]:
    """Of a version over all that it applies to, or of one run over its period."""
    return [*calculation.check_definition(definition, applies=applies), *_claims(definition)]


def _claims(definition: Definition) -> Iterator[Problem]:
    """A practice that has no way to declare a claim would never be paid."""
    if definition.claims:
        detail = (
            "The language knows claims, but they cannot be declared yet, so nothing would ever be paid. "
            "Leave `claims` out: a run then pays from lists, posts and confirmed facts."
        )
        yield Problem("/claims", "schemes.claims_not_yet", detail)
