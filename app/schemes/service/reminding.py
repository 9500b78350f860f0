"""Reminders, once each: of offers that wait for an answer, and of claims whose time to be declared is nearly over."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app.core.clock import Period, add_months
from app.core.db import Tx
from app.core.events import emit
from app.schemes.errors import NoVersion
from app.schemes.events import ClaimsDue, OffersDue
from app.schemes.repository.claims import ClaimRepository
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.repository.schemes import SchemeRepository
from app.schemes.rules import claiming
from app.schemes.service.claim_rules import get_claim_rules
from app.schemes.service.drafting import as_scheme_ref, list_published_versions, read_definition, version_covering
from app.schemes.service.figures import list_participants
from app.schemes.values import ClaimOutline, ClaimState, VersionRef, scheme_year

_OFFER_DAYS: Final = timedelta(days=7)
_CLAIM_DAYS: Final = timedelta(days=5)


async def remind(session: Tx, *, today: date) -> None:
    """Announce what practices have to be reminded of today; a day that was missed is made up for by the next one."""
    await _remind_of_offers(session, today=today)
    # Closed ones too, since late claims go on; of three years, which is longer than any time to claim.
    schemes = await SchemeRepository(session, session.tenant).list_begun(since=add_months(today, -36), on=today)
    for scheme in schemes:
        published = [each for each in await list_published_versions(session, scheme.id) if _is_claimed(each)]
        if published:
            await _remind_of_claims(session, scheme.id, scheme_year(scheme.starts_on), published, today=today)


async def _remind_of_offers(session: Tx, *, today: date) -> None:
    repository = ParticipationRepository(session, session.tenant)
    found = defaultdict[UUID, list[str]](list)
    for scheme_id, practice in await repository.take_due(today, until=today + _OFFER_DAYS):
        found[scheme_id].append(practice)
    for scheme_id, practices in sorted(found.items()):
        emit(session, OffersDue(subject=str(scheme_id), practices=sorted(practices)))


async def practices_with_claim_due(session: Tx, scheme_id: UUID, *, within: timedelta, today: date) -> list[str]:
    """The practices that have not declared a claim whose time to be declared ends by then, sorted."""
    scheme = as_scheme_ref(await SchemeRepository(session, session.tenant).get(scheme_id))
    published = await list_published_versions(session, scheme_id)
    due = await _due_claims(session, scheme_id, scheme.year, published, within=within, today=today)
    return sorted({practice for _, _, waiting in due for practice in waiting})


async def _due_claims(
    session: Tx, scheme_id: UUID, year: Period, published: Sequence[VersionRef], *, within: timedelta, today: date
) -> list[tuple[Period, date, list[str]]]:
    """(period, last day, practices that have not declared) of what has to be declared soon."""
    rules = await get_claim_rules(session, scheme_id)
    rows = await ClaimRepository(session, session.tenant).list_of_scheme(scheme_id)
    opened = {row.period for row in rows if row.state == ClaimState.OPEN}
    found: list[tuple[Period, date, list[str]]] = []
    for period in sorted({*opened, *claiming.claim_periods(year, rules.every)}):
        window = claiming.claim_window(period, rules, rejected_on=None)
        if today <= window.closes_on <= today + within and _covers(published, period):
            found.append((period, window.closes_on, await _waiting(session, scheme_id, period, rows)))
    return found


async def _remind_of_claims(
    session: Tx, scheme_id: UUID, year: Period, published: Sequence[VersionRef], *, today: date
) -> None:
    claims = ClaimRepository(session, session.tenant)
    due_claims = await _due_claims(session, scheme_id, year, published, within=_CLAIM_DAYS, today=today)
    for period, closes_on, waiting in due_claims:
        told = await claims.add_reminders(scheme_id, period, waiting, on=today)
        if told:
            due = ClaimsDue(
                subject=str(scheme_id),
                period_from=period.valid_from.isoformat(),
                period_until=period.end.isoformat(),
                closes_on=closes_on.isoformat(),
                practices=told,
            )
            emit(session, due)


async def _waiting(session: Tx, scheme_id: UUID, period: Period, rows: Sequence[ClaimOutline]) -> list[str]:
    """Those that have opened a claim and not declared it, and those that have made none."""
    of_period = [row for row in rows if row.period.intersection(period)]
    done = {row.practice for row in of_period if row.state != ClaimState.OPEN}
    expected = await list_participants(session, scheme_id, period=period)
    return sorted({*expected, *(row.practice for row in of_period if row.state == ClaimState.OPEN)} - done)


def _covers(published: Sequence[VersionRef], period: Period) -> bool:
    try:
        return version_covering(published, period) is not None
    except NoVersion:
        return False


def _is_claimed(version: VersionRef) -> bool:
    return read_definition(version.definition).claims
