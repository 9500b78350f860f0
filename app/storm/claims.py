"""The claims in the books: who has declared what for which period, and what of it a run may pay."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from app.calculation.values import Fact, PracticeInput
from app.core.clock import Period
from app.schemes.service import as_declared, is_outgrown, within_claims, work_out_claims
from app.schemes.values import VersionRef, VersionState

_NOBODY: Final = UUID(int=0)


@dataclass(eq=False, slots=True)
class Claim:
    """One that was declared, vetted and approved; `digest` is of the values that the declaration binds."""

    practice: str
    period: Period
    digest: str
    evidence: list[dict[str, Any]]
    hold_reason: str | None = None
    is_paid: bool = False


@dataclass(slots=True)
class Claims:
    """The newest claim of a practice for a period comes last; one that is void is no longer there."""

    made: list[Claim] = field(default_factory=list)

    def declare(
        self, definition: Mapping[str, Any], period: Period, practices: Sequence[PracticeInput], who: str
    ) -> None:
        """Of evidence that is all confirmed. Who has a claim that waits, or was paid for the same evidence, makes no other."""
        figures = work_out_claims(_version(definition, period), period, practices)[who]
        if figures.digest is None or figures.live is None or not all(each.confirmed for each in figures.evidence):
            return
        known = [each for each in self._of(period) if each.practice == who]
        if all(each.is_paid and is_outgrown(each.evidence, figures.evidence) for each in known[-1:]):
            self.made.append(Claim(who, period, figures.digest, as_declared(figures.evidence)))

    def payable(
        self,
        definition: Mapping[str, Any],
        period: Period,
        practices: Sequence[PracticeInput],
        *,
        unasked: Collection[str],
    ) -> tuple[list[PracticeInput], list[Claim]]:
        """The practices as a run may pay them, and the claims that it pays; a claim whose values have changed is void."""
        if definition.get("claims") != "required":
            return list(practices), []
        codes = {each.code for each in practices}
        waiting = [each for each in self._of(period) if not each.is_paid and each.practice in codes]
        figures = work_out_claims(_version(definition, period), period, practices) if waiting else {}
        reasons: dict[str, str | None] = {each.code: "no claim for this period is approved" for each in practices}
        paying: list[Claim] = []
        for claim in waiting:
            if claim.hold_reason is not None:
                reasons[claim.practice] = f"its claim is on hold: {claim.hold_reason}"
            elif figures[claim.practice].digest == claim.digest:
                reasons[claim.practice] = None
                paying.append(claim)
            else:
                reasons[claim.practice] = "what was declared for this period has changed since"
                self.made.remove(claim)
        return within_claims(practices, reasons, self.paid(period), unasked=unasked), paying

    def paid(self, period: Period) -> dict[str, list[dict[str, Any]]]:
        """By practice: the evidence of its newest claim that was paid."""
        return {each.practice: each.evidence for each in self._of(period) if each.is_paid}

    def waiting(self) -> list[Claim]:
        return [each for each in self.made if not each.is_paid]

    def _of(self, period: Period) -> list[Claim]:
        return [each for each in self.made if each.period == period]


def still_claimed(evidence: Sequence[Mapping[str, Any]], facts: Sequence[Fact]) -> tuple[Fact, ...] | None:
    """What is recorded still of the evidence of a paid claim, each fact at most as it was declared; None where it is all there
    and nothing else is. In words of its own, so that it is not the rule that says whether the rule is right.
    """
    declared = {
        each["external_id"]: (each["measure"], each["on"], each["subject"], Decimal(each["value"])) for each in evidence
    }
    recorded = {each.external_id: (each.measure, each.on.isoformat(), each.subject, each.value) for each in facts}
    if declared == recorded:
        return None
    kept = [each for each in facts if declared.get(each.external_id, ("",))[0] == each.measure]
    return tuple(each.but(value=min(each.value, declared[each.external_id][3]), confirmed=True) for each in kept)


def _version(definition: Mapping[str, Any], period: Period) -> VersionRef:
    return VersionRef(_NOBODY, _NOBODY, 1, VersionState.PUBLISHED, definition, period)
