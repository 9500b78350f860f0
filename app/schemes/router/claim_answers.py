"""From claims to what goes out."""

from app.core.clock import PeriodModel
from app.core.money import format_pounds
from app.schemes.router.answers import figure_answer
from app.schemes.schemas.claims import (
    Band,
    Claim,
    ClaimRulesAnswer,
    ClaimStep,
    ClaimSummary,
    Declaration,
    Hold,
    Reason,
)
from app.schemes.service import ClaimView, period_of
from app.schemes.tables import ClaimRow, ClaimStepRow
from app.schemes.values import ClaimRules, ClaimState, ClaimStepKind


def claim_summary(row: ClaimRow) -> ClaimSummary:
    return ClaimSummary(
        id=row.id,
        scheme=row.scheme_id,
        practice=row.practice,
        period=PeriodModel.of(period_of(row)),
        state=ClaimState(row.state),
        amount=_pounds(row.amount),
        on_behalf=row.on_behalf,
        on_hold=row.hold_reason is not None,
        is_sampled=row.is_sampled,
        opened_at=row.opened_at,
        declared_at=row.declared_at,
        approved_at=row.approved_at,
        payment_run=row.run_id,
    )


def claim_answer(view: ClaimView) -> Claim:
    row = view.row
    return Claim(
        **claim_summary(row).model_dump(),
        note=row.note,
        version=view.version.n,
        opens_on=view.window.opens_on,
        closes_on=view.window.closes_on,
        values_digest=view.figures.digest,
        so_far=figure_answer(view.figures.confirmed, period_of(row)),
        expected=figure_answer(view.figures.live, period_of(row)),
        missing=list(view.missing),
        declaration=_declaration(view),
        vetted_by=row.vetted_by,
        vetted_at=row.vetted_at,
        checked_by=row.checked_by,
        checked_at=row.checked_at,
        approvers=row.approvers,
        approvers_required=view.approvers_required,
        hold=_hold(row),
        reject_reason=row.reject_reason,
    )


def _declaration(view: ClaimView) -> Declaration | None:
    row = view.row
    if row.declared_by is None or row.declared_at is None or row.values_digest is None:
        return None
    return Declaration(
        amount=format_pounds(row.amount or 0),
        values_digest=row.values_digest,
        version=row.version_n or view.version.n,
        by=row.declared_by,
        at=row.declared_at,
        holds=view.holds,
    )


def _hold(row: ClaimRow) -> Hold | None:
    if row.hold_reason is None or row.held_by is None or row.held_at is None:
        return None
    return Hold(reason=row.hold_reason, by=row.held_by, at=row.held_at)


def step_answer(row: ClaimStepRow) -> ClaimStep:
    return ClaimStep(
        no=row.no,
        kind=ClaimStepKind(row.kind),
        at=row.at,
        by=row.person_id,
        reason=row.reason,
        values_digest=row.values_digest,
        amount_before=_pounds(row.amount_before),
        amount=_pounds(row.amount),
        payment_run=row.run_id,
    )


def claim_rules_answer(rules: ClaimRules) -> ClaimRulesAnswer:
    return ClaimRulesAnswer(
        every=rules.every.value,
        window_days=rules.window_days,
        bands=[Band(at_least=format_pounds(each.at_least), approvers=each.approvers) for each in rules.bands],
        sample_percent=rules.sample_percent,
        reject_reasons=[Reason(code=each.code, text=each.text) for each in rules.reject_reasons],
    )


def _pounds(pence: int | None) -> str | None:
    return None if pence is None else format_pounds(pence)
