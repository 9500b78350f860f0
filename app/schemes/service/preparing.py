"""Claims that the office makes on practices' behalf, many at once; each practice declares its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.calculation import service as calculation
from app.core.audit import audit
from app.core.clock import Period, london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.organisations import service as organisations
from app.schemes.errors import ClaimsNotRequired, ClaimsRefused
from app.schemes.events import ClaimChanged, ClaimsPrepared
from app.schemes.repository.claims import ClaimRepository
from app.schemes.repository.facts import FactRepository, FactSpan
from app.schemes.rules import claiming, preparing
from app.schemes.service.claim_figures import claim_figures
from app.schemes.service.claim_rules import get_claim_rules
from app.schemes.service.claim_views import period_of
from app.schemes.service.claiming import require_claim_period
from app.schemes.service.drafting import get_version_for, read_definition
from app.schemes.service.evidence import record_facts, unfit_facts
from app.schemes.service.figures import list_participants
from app.schemes.tables import ClaimRow, ClaimStepRow
from app.schemes.values import (
    ClaimRules,
    ClaimState,
    ClaimStepKind,
    FactOutcome,
    FactSource,
    PreparedClaim,
    PreparedOutcome,
)


async def claims_template(session: Tx, scheme_id: UUID, period: Period) -> str:
    """A sheet of the scheme's practices with what is recorded of each, and what it comes to so far."""
    version = await get_version_for(session, scheme_id, period)
    names = calculation.measures_needed(read_definition(version.definition)).facts
    codes = await list_participants(session, scheme_id, period=period)
    figures = await claim_figures(session, scheme_id, version, period=period, codes=codes)
    totals = {code: each.live.total if each.live else None for code, each in figures.items()}
    titles = {code: known.name for code, known in (await organisations.get_practices(session, codes)).items()}
    facts = await _facts(session, scheme_id, period, codes, names)
    return preparing.claims_sheet(names, titles, totals, facts, preparing.reading_of(version.definition))


async def prepare_claims(
    session: Tx,
    scheme_id: UUID,
    period: Period,
    claims: Sequence[PreparedClaim],
    *,
    dry_run: bool,
    person: UUID,
    now: datetime,
) -> PreparedOutcome:
    """All or none. The values become confirmed facts, and each practice that has no claim for the period gets one. The same
    sheet again changes nothing; a dry run says what it would do.
    """
    version, rules = await get_version_for(session, scheme_id, period), await get_claim_rules(session, scheme_id)
    definition = read_definition(version.definition)
    if not definition.claims:
        raise ClaimsNotRequired
    require_claim_period(period, rules)
    # Two sheets at once would both find nothing recorded.
    await FactRepository(session, session.tenant).lock(scheme_id)
    codes = sorted({each.practice for each in claims})
    names = calculation.measures_needed(definition).facts
    known_facts = await _facts(session, scheme_id, period, codes, names)
    reading = preparing.reading_of(version.definition)
    cells, refused = preparing.plan_cells(claims, known_facts, period, reading)
    refused += [
        _in_sheet(each, cells) for each in await unfit_facts(session, scheme_id, [c.fact for c in cells], now=now)
    ]
    known = await ClaimRepository(session, session.tenant).list_overlapping(scheme_id, codes, period)
    there = {row.practice for row in known if period_of(row) == period}
    taken = {row.practice for row in known} - there
    refused += await _not_claimed(session, scheme_id, period, claims, rules, there=there, taken=taken, now=now)
    if refused:
        raise ClaimsRefused(errors=refused)
    fresh = [each.practice for each in claims if each.practice not in there]
    facts = FactOutcome(created=len(cells))
    if not dry_run:
        if cells:
            facts = await record_facts(
                session,
                scheme_id,
                [cell.fact for cell in cells],
                confirmed=True,
                source=FactSource.OFFICE,
                recorded_by=person,
                now=now,
            )
        await _open(session, scheme_id, period, fresh, person=person, now=now)
    return PreparedOutcome(
        created=len(fresh),
        unchanged=len(claims) - len(fresh),
        facts=facts,
        warnings=tuple(preparing.merged_words(cells, reading)),
    )


async def _not_claimed(
    session: Tx,
    scheme_id: UUID,
    period: Period,
    claims: Sequence[PreparedClaim],
    rules: ClaimRules,
    *,
    there: set[str],
    taken: set[str],
    now: datetime,
) -> list[FieldError]:
    """Rows of practices that may not claim, by the code and the words that an entitlement would have."""
    agreed = set(await list_participants(session, scheme_id, period=period))
    found: list[FieldError] = []
    seen = set[str]()
    for row, claim in enumerate(claims):
        if claim.practice in seen:
            detail = "The practice stands in this sheet already."
            found.append(FieldError(f"/rows/{row}/practice", "schemes.practice_repeated", detail))
        seen.add(claim.practice)
        if claim.practice in there:
            continue
        standing = claiming.Standing(
            is_in=claim.practice in agreed,
            is_covered=True,
            is_claimed=True,
            may_declare=True,
            has_claim=claim.practice in taken,
            window=claiming.claim_window(period, rules, rejected_on=None),
        )
        refusal = claiming.claim_refusal(standing, today=london_date(now))
        if refusal is not None:
            words = claiming.claim_words(standing, refusal, applies=[period])
            found.append(FieldError(f"/rows/{row}/practice", refusal, words))
    return found


def _in_sheet(error: FieldError, cells: Sequence[preparing.Cell]) -> FieldError:
    """A refused fact, by the cell that it came from."""
    place = int(error.pointer.split("/")[2])
    return replace(error, pointer=cells[place].pointer)


async def _open(
    session: Tx, scheme_id: UUID, period: Period, practices: Sequence[str], *, person: UUID, now: datetime
) -> None:
    rows = [
        ClaimRow(
            commissioner_id=session.tenant,
            scheme_id=scheme_id,
            practice=practice,
            period_from=period.valid_from,
            period_until=period.end,
            state=ClaimState.OPEN,
            on_behalf=True,
            opened_by=person,
            opened_at=now,
        )
        for practice in sorted(practices)
    ]
    if not rows:
        return
    session.add_all(rows)
    # One statement for all of them, before the steps that refer to them.
    await session.flush()
    for row in rows:
        session.add(
            ClaimStepRow(
                commissioner_id=session.tenant,
                claim_id=row.id,
                no=row.version,
                kind=ClaimStepKind.OPENED,
                at=now,
                person_id=person,
            )
        )
        emit(session, ClaimChanged(subject=str(row.id), step=row.version, practice=row.practice))
    audit(session, "claims.prepared", scheme_id, claims=len(rows), period=[period.valid_from, period.end])
    emit(
        session,
        ClaimsPrepared(
            subject=str(scheme_id),
            period_from=period.valid_from.isoformat(),
            period_until=period.end.isoformat(),
            practices=[row.practice for row in rows],
        ),
    )


async def _facts(
    session: Tx, scheme_id: UUID, period: Period, codes: Sequence[str], names: Sequence[str]
) -> Sequence[Any]:
    span = FactSpan(dict.fromkeys(names, period.valid_from), period.end)
    return await FactRepository(session, session.tenant).list_in_span(scheme_id, span, practices=codes)
