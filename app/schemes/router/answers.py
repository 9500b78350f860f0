"""From rows and values to what goes out."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.calculation.values import PracticeResult
from app.core.clock import Period, PeriodModel
from app.core.money import format_pounds, plain
from app.schemes.rules import joining, spreading
from app.schemes.schemas.calculator import line_answer
from app.schemes.schemas.costing import CheckAnswer, CheckProblem, Cost, CostDifference, PracticeCost
from app.schemes.schemas.evidence import EntitlementAnswer, FactsAnswer, Figure, SchemeFact
from app.schemes.schemas.joining import (
    ImprovementArea,
    OffersAnswer,
    OfferSummary,
    Participation,
    SignatoryModel,
    SignUpsAnswer,
)
from app.schemes.schemas.scheme import Consultation, Scheme, SchemeBudget, Version
from app.schemes.tables import FactRow, ImprovementAreaRow, ParticipationRow, SchemeRow, VersionRow
from app.schemes.values import (
    Capacity,
    CheckOutcome,
    Compared,
    Difference,
    Entitlement,
    FactOutcome,
    OfferOutcome,
    PracticeRange,
    RangeChange,
    RangeGroup,
    SignUpOutcome,
)


def scheme_answer(row: SchemeRow) -> Scheme:
    amount = None if row.budget_amount is None else format_pounds(row.budget_amount)
    per_head = None if row.budget_per_head is None else _two_places(plain(row.budget_per_head))
    has_budget = amount is not None or per_head is not None
    return Scheme(
        id=row.id,
        code=row.code,
        title=row.title,
        purpose=row.purpose,
        financial_year=row.financial_year,
        starts_on=row.starts_on,
        budget=SchemeBudget(amount=amount, per_head=per_head, basis=row.budget_basis) if has_budget else None,  # pyright: ignore - the database checks it
        payment_terms_days=row.payment_terms_days,
        pay_code=row.pay_code,
        cost_centre=row.cost_centre,
        query_days=row.query_days,
        over_budget=row.over_budget,  # pyright: ignore - the database checks it
        waive_below=None if row.waive_below is None else format_pounds(row.waive_below),
        state=row.state,  # pyright: ignore - the database checks it
        live_version=row.live_version,
        created_at=row.created_at,
    )


def _two_places(rate: str) -> str:
    """A rate has at least two places, as people write it: 2.00 a head."""
    whole, _, places = rate.partition(".")
    return f"{whole}.{places.ljust(2, '0')}"


def version_answer(row: VersionRow) -> Version:
    return Version(
        n=row.n,
        scheme=row.scheme_id,
        state=row.state,  # pyright: ignore - the database checks it
        applies=PeriodModel.of(Period(row.applies_from, row.applies_until)),
        definition=row.definition,
        template=row.template,
        parameters=row.parameters,
        reason=row.reason,
        words_digest=row.words_digest,
        consultation=_consultation(row),
        created_at=row.created_at,
        published_at=row.published_at,
    )


def _consultation(row: VersionRow) -> Consultation | None:
    if row.consulted_at is None or row.consult_until is None:
        return None
    return Consultation(opened_at=row.consulted_at, until=row.consult_until)


def check_answer(found: CheckOutcome) -> CheckAnswer:
    expected = sum(one.expected for one in found.ranges)
    return CheckAnswer(
        valid=not found.problems,
        problems=[CheckProblem(pointer=each.pointer, code=each.code, detail=each.detail) for each in found.problems],
        cost=None if found.problems else cost_answer(spreading.total_range("all", found.ranges)),
        over_budget=list(found.over_budget),
        budget=None if found.budget is None else format_pounds(found.budget),
        exceeds_budget=None if found.budget is None else expected > found.budget,
        practices=len(found.ranges),
        counted_over=None if found.counted_over is None else found.counted_over.value,
        without_list=list(found.without_list),
        not_worked_out=list(found.not_worked_out),
        difference=difference_answer(found.difference.against, found.difference.changes) if found.difference else None,
        per_practice=_per_practice(found.ranges, found.difference),
    )


def difference_answer(against: Compared, changes: Sequence[RangeChange]) -> CostDifference:
    return CostDifference(
        scheme=against.scheme_id,
        version=against.n,
        period=PeriodModel.of(against.over),
        practices=len(changes),
        gaining=sum(each.expected > 0 for each in changes),
        losing=sum(each.expected < 0 for each in changes),
        before=cost_answer(spreading.total_range("all", [each.before for each in changes])),
        change=cost_answer(spreading.total_range("all", changes)),
    )


def _per_practice(ranges: Sequence[PracticeRange], difference: Difference | None) -> list[PracticeCost]:
    changes = {each.before.practice: each for each in difference.changes} if difference else {}
    return [PracticeCost(**practice_cost(one, changes.get(one.practice))) for one in ranges]


def practice_cost(one: PracticeRange, change: RangeChange | None) -> dict[str, Any]:
    return {
        "practice": one.practice,
        **cost_answer(one).model_dump(),
        "budget": None if one.budget is None else format_pounds(one.budget),
        "before": cost_answer(change.before) if change else None,
        "change": cost_answer(change) if change else None,
    }


def cost_answer(found: PracticeRange | RangeGroup | RangeChange) -> Cost:
    return Cost(
        least=format_pounds(found.least),
        expected=format_pounds(found.expected),
        most=None if found.most is None else format_pounds(found.most),
    )


def offers_answer(made: OfferOutcome) -> OffersAnswer:
    offers = [
        OfferSummary(
            id=each.id,
            practice=each.practice,
            state=each.state.value,
            respond_by=each.respond_by,
            offered_at=each.offered_at,
        )
        for each in made.offers
    ]
    return OffersAnswer(created=made.created, unchanged=made.unchanged, offers=offers)


def sign_ups_answer(made: SignUpOutcome) -> SignUpsAnswer:
    return SignUpsAnswer(created=made.created, updated=made.updated, unchanged=made.unchanged)


def participation_answer(
    row: ParticipationRow, areas: Sequence[ImprovementAreaRow], *, today: date, is_private: bool
) -> Participation:
    """`is_private` leaves out who signed, who leads, the evidence and the reason given."""
    signatory = None
    if row.signatory_name and row.signatory_capacity and not is_private:
        signatory = SignatoryModel(name=row.signatory_name, capacity=Capacity(row.signatory_capacity))
    lapsed = joining.is_lapsed(row.state, row.respond_by, today=today)
    return Participation(
        id=row.id,
        scheme=row.scheme_id,
        practice=row.practice,
        state="lapsed" if lapsed else row.state,  # pyright: ignore - the database checks it
        on_behalf=row.source == "sign_up",
        historical=row.historical,
        respond_by=row.respond_by,
        offered_at=row.offered_at,
        version=row.version_n,
        words_digest=row.words_digest,
        **{"from": row.valid_from},
        until=row.valid_until,
        signed_on=row.signed_on,
        signatory=signatory,
        evidence=None if is_private else row.evidence,
        named_lead=None if is_private else row.named_lead_id,
        improvement_areas=[
            ImprovementArea(
                title=area.title,
                baseline=area.baseline,
                target=area.target,
                measure=area.measure,
                review_on=area.review_on,
            )
            for area in areas
        ],
        decline_reason=None if is_private else row.decline_reason,
        answered_at=row.answered_at,
    )


def facts_answer(done: FactOutcome) -> FactsAnswer:
    return FactsAnswer(created=done.created, changed=done.changed, unchanged=done.unchanged)


def fact_answer(row: FactRow) -> SchemeFact:
    return SchemeFact(
        id=row.id,
        external_id=row.external_id,
        practice=row.practice,
        measure=row.measure,
        on=row.happened_on,
        value=plain(row.value),
        numerator=None if row.numerator is None else plain(row.numerator),
        denominator=None if row.denominator is None else plain(row.denominator),
        subject=row.subject,
        note=row.note,
        state=row.state,  # pyright: ignore - the database checks it
        source=row.source,  # pyright: ignore - the database checks it
        recorded_at=row.recorded_at,
        confirmed_at=row.confirmed_at,
        superseded_at=row.superseded_at,
    )


def entitlement_answer(found: Entitlement) -> EntitlementAnswer:
    return EntitlementAnswer(
        practice=found.practice,
        period=PeriodModel.of(found.period),
        version=found.version,
        claims="required" if found.is_claimed else "not_required",
        may_claim=found.is_claimed and found.refusal is None,
        reason=found.refusal.value if found.refusal else None,
        explanation=found.explanation,
        opens_on=found.opens_on,
        closes_on=found.closes_on,
        claim=found.claim,
        so_far=figure_answer(found.confirmed, found.period),
        expected=figure_answer(found.live, found.period),
    )


def figure_answer(result: PracticeResult | None, period: Period) -> Figure | None:
    if result is None:
        return None
    lines = [line_answer(line, period) for line in result.lines]
    return Figure(total=format_pounds(result.total), lines=lines, notes=list(result.notes))
