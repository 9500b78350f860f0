"""Schemes and the versions of their definitions: drafted, published, never changed afterwards."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.calculation import service as calculation
from app.calculation.errors import DefinitionInvalid
from app.calculation.values import Definition
from app.core.audit import audit
from app.core.clock import Period, financial_year_start, london_date
from app.core.db import Tx
from app.core.errors import FieldError, InvalidRequest
from app.core.events import emit
from app.core.pagination import Cursors, PageParams
from app.core.repository import Expected, Page
from app.schemes.errors import (
    BudgetMissing,
    ConsultationRunning,
    NoVersion,
    SchemeClosed,
    VersionNotDraft,
    VersionNotPayable,
)
from app.schemes.events import SchemeChanged, VersionPublished
from app.schemes.repository.schemes import SchemeRepository, VersionRepository
from app.schemes.rules import versions
from app.schemes.service.checking import definition_errors, outside_year, version_problems
from app.schemes.tables import SchemeRow, VersionRow
from app.schemes.values import (
    QUERY_DAYS,
    Budget,
    MadeFrom,
    OverBudget,
    SchemeRef,
    SchemeState,
    VersionRef,
    VersionState,
    Words,
    scheme_year,
)


async def create_scheme(
    session: Tx,
    *,
    code: str,
    title: str,
    purpose: str,
    financial_year: str,
    budget: Budget | None,
    payment_terms_days: int,
    pay_code: str | None,
    cost_centre: str | None,
    query_days: int = QUERY_DAYS,
    waive_below: int | None = None,
    over_budget: OverBudget | None = None,
    now: datetime,
) -> SchemeRow:
    row = SchemeRow(
        commissioner_id=session.tenant,
        code=code,
        title=title,
        purpose=purpose,
        financial_year=financial_year,
        starts_on=financial_year_start(financial_year),
        payment_terms_days=payment_terms_days,
        pay_code=pay_code,
        cost_centre=cost_centre,
        query_days=query_days,
        waive_below=waive_below,
        over_budget=over_budget,
        state=SchemeState.DRAFT,
        created_at=now,
    )
    _set_budget(row, budget)
    _require_budget(row)
    session.add(row)
    # Flushed here, so that a code already taken is refused by this call and not at the commit.
    await session.flush()
    audit(session, "scheme.created", row.id, code=code)
    return row


async def change_scheme(session: Tx, scheme_id: UUID, changes: Mapping[str, Any], *, expected: Expected) -> SchemeRow:
    """`changes` holds only what the caller said; `budget` may be None to take it away. Of a closed scheme too: its payments
    go on, and may need another budget, or a debt to be waived.
    """
    row = await SchemeRepository(session, session.tenant).get(scheme_id, for_update=True)
    expected.check(row.version)
    for name, value in changes.items():
        if name == "budget":
            _set_budget(row, value)
        else:
            setattr(row, name, value)
    _require_budget(row)
    await session.flush()
    audit(session, "scheme.changed", row.id, members=sorted(changes))
    _announce(session, row)
    return row


async def close_scheme(session: Tx, scheme_id: UUID, *, expected: Expected) -> SchemeRow:
    """No more offers and versions; facts and payments for its periods go on."""
    row = await SchemeRepository(session, session.tenant).get(scheme_id, for_update=True)
    expected.check(row.version)
    if row.state == SchemeState.CLOSED:
        raise SchemeClosed
    was_draft = row.state == SchemeState.DRAFT
    row.state = SchemeState.CLOSED
    await session.flush()
    audit(session, "scheme.closed", row.id)
    if not was_draft:
        _announce(session, row)
    return row


async def add_version(
    session: Tx,
    scheme_id: UUID,
    *,
    applies: Period,
    definition: Mapping[str, Any],
    made_from: MadeFrom | None = None,
    reason: str,
    now: datetime,
) -> VersionRow:
    read_definition(definition)
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id, for_update=True)  # numbers are in turn
    if scheme.state == SchemeState.CLOSED:
        raise SchemeClosed
    _refuse_other_year(scheme, applies)
    earlier = await VersionRepository(session, session.tenant).list_of(scheme_id)
    row = VersionRow(
        commissioner_id=session.tenant,
        scheme_id=scheme_id,
        n=len(earlier) + 1,
        state=VersionState.DRAFT,
        applies_from=applies.valid_from,
        applies_until=applies.end,
        definition=dict(definition),
        reason=reason,
        created_at=now,
    )
    _set_template(row, made_from)
    session.add(row)
    await session.flush()
    audit(session, "scheme_version.created", scheme_id, n=row.n)
    return row


async def replace_version(
    session: Tx,
    scheme_id: UUID,
    n: int,
    *,
    applies: Period,
    definition: Mapping[str, Any],
    made_from: MadeFrom | None = None,
    reason: str,
    expected: Expected,
    today: date,
) -> VersionRow:
    read_definition(definition)
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, n, for_update=True)
    expected.check(row.version)
    if row.state != VersionState.DRAFT:
        raise VersionNotDraft
    _refuse_under_consultation(row, today=today)
    _refuse_other_year(await SchemeRepository(session, session.tenant).get(scheme_id), applies)
    row.applies_from, row.applies_until = applies.valid_from, applies.end
    row.definition, row.reason = dict(definition), reason
    _set_template(row, made_from)
    await session.flush()
    audit(session, "scheme_version.replaced", scheme_id, n=n)
    return row


async def publish_version(
    session: Tx, scheme_id: UUID, n: int, *, expected: Expected, person_id: UUID | None, now: datetime
) -> VersionRow:
    """Freeze the version with its words. A version over a past period changes what that period is entitled to; the next
    run posts the difference.
    """
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id, for_update=True)
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, n, for_update=True)
    expected.check(row.version)
    if row.state != VersionState.DRAFT:
        raise VersionNotDraft
    _refuse_under_consultation(row, today=london_date(now))
    if scheme.state == SchemeState.CLOSED:
        raise SchemeClosed
    definition, applies = read_definition(row.definition), as_version_ref(row).applies
    problems = definition_errors(version_problems(definition, applies=applies))
    if problems := [*outside_year(applies, scheme_year(scheme.starts_on)), *problems]:
        raise VersionNotPayable(errors=problems)
    words = words_of(row)
    row.words, row.words_digest = words.markdown, words.digest
    row.state, row.published_at, row.published_by = VersionState.PUBLISHED, now, person_id
    await session.flush()
    published = await VersionRepository(session, session.tenant).list_published([scheme_id])
    scheme.state = SchemeState.PUBLISHED
    scheme.live_version = versions.live_version([(each.n, as_version_ref(each).applies) for each in published])
    audit(session, "scheme_version.published", scheme_id, n=n, words_digest=row.words_digest)
    emit(session, VersionPublished(subject=str(scheme_id), n=n))
    return row


def _refuse_under_consultation(row: VersionRow, *, today: date) -> None:
    """What others are asked about is what is decided: it stays as it is while they read it."""
    if versions.is_consulted(row.consult_until, on=today):
        raise ConsultationRunning(f"It runs until {row.consult_until}, the last day not included.")


def _refuse_other_year(scheme: SchemeRow, applies: Period) -> None:
    if problems := outside_year(applies, scheme_year(scheme.starts_on)):
        raise InvalidRequest(errors=problems)


async def get_scheme(session: Tx, scheme_id: UUID) -> SchemeRef:
    return as_scheme_ref(await SchemeRepository(session, session.tenant).get(scheme_id))


async def page_begun(session: Tx, *, since: date, on: date, params: PageParams, cursors: Cursors) -> Page[SchemeRef]:
    """Schemes that are no drafts and whose year begins in that time, by year and code."""
    schemes = SchemeRepository(session, session.tenant)
    return (await schemes.page_begun(since=since, on=on, params=params, cursors=cursors)).map(as_scheme_ref)


async def get_version_for(session: Tx, scheme_id: UUID, period: Period) -> VersionRef:
    """The newest published version that applies to all of the period; `NoVersion` where there is none."""
    return version_covering(await list_published_versions(session, scheme_id), period)


async def list_published_versions(
    session: Tx, scheme_id: UUID, *, known_at: datetime | None = None
) -> list[VersionRef]:
    """The newest first; those that were published by then, where an instant is given."""
    rows = await VersionRepository(session, session.tenant).list_published([scheme_id])
    return [
        as_version_ref(row)
        for row in rows
        if known_at is None or (row.published_at is not None and row.published_at <= known_at)
    ]


def version_covering(newest_first: Iterable[VersionRef], period: Period) -> VersionRef:
    found = next((each for each in newest_first if versions.is_covered(period, by=each.applies)), None)
    if found is None:
        raise NoVersion
    return found


def read_definition(raw: Mapping[str, Any]) -> Definition:
    """`DefinitionInvalid` with pointers into a body whose member `definition` this is."""
    try:
        return calculation.parse_definition(raw)
    except DefinitionInvalid as invalid:
        raise DefinitionInvalid(errors=definition_errors(invalid.errors)) from None


def words_of(row: VersionRow) -> Words:
    """The words it was published with, or what a draft says as it stands; and their digest."""
    words = row.words or calculation.describe_markdown(read_definition(row.definition))
    return Words(words, row.words_digest or hashlib.sha256(words.encode()).hexdigest())


def as_scheme_ref(row: SchemeRow) -> SchemeRef:
    return SchemeRef(
        id=row.id,
        code=row.code,
        title=row.title,
        state=SchemeState(row.state),
        financial_year=row.financial_year,
        starts_on=row.starts_on,
        payment_terms_days=row.payment_terms_days,
        pay_code=row.pay_code,
        cost_centre=row.cost_centre,
        query_days=row.query_days,
        budget=as_budget(row),
        live_version=row.live_version,
        waive_below=row.waive_below,
        over_budget=OverBudget(row.over_budget) if row.over_budget else None,
    )


def as_budget(row: SchemeRow) -> Budget | None:
    if row.budget_amount is None and row.budget_per_head is None:
        return None
    return Budget(row.budget_amount, row.budget_per_head, row.budget_basis)


def as_version_ref(row: VersionRow) -> VersionRef:
    applies = Period(row.applies_from, row.applies_until)
    return VersionRef(row.id, row.scheme_id, row.n, VersionState(row.state), row.definition, applies)


def _announce(session: Tx, row: SchemeRow) -> None:
    if row.state != SchemeState.DRAFT:
        emit(session, SchemeChanged(subject=str(row.id)))


def _require_budget(row: SchemeRow) -> None:
    if row.over_budget and not (row.budget_amount or row.budget_per_head):
        detail = "Give the scheme a budget first, or leave this out."
        raise BudgetMissing(errors=[FieldError("/over_budget", BudgetMissing.code, detail)])


def _set_template(row: VersionRow, made_from: MadeFrom | None) -> None:
    row.template = made_from.template if made_from else None
    row.parameters = dict(made_from.parameters) if made_from else None


def _set_budget(row: SchemeRow, budget: Budget | None) -> None:
    row.budget_amount = budget.amount if budget else None
    row.budget_per_head = budget.per_head if budget else None
    row.budget_basis = budget.basis if budget else None
