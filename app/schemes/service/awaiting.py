"""The claims that one practice still has to make or declare."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.core.clock import Period, london_date
from app.core.db import Tx
from app.schemes.errors import NoVersion
from app.schemes.repository.claims import ClaimRepository
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.repository.schemes import VersionRepository
from app.schemes.rules import claiming, joining
from app.schemes.service.claim_rules import claim_rules_of
from app.schemes.service.claim_views import period_of
from app.schemes.service.drafting import as_scheme_ref, as_version_ref, read_definition, version_covering
from app.schemes.tables import ClaimRow
from app.schemes.values import (
    ENDED,
    AwaitedClaim,
    ClaimRules,
    ClaimState,
    ClaimWindow,
    ParticipationState,
    SchemeRef,
    VersionRef,
)


async def claims_awaiting(session: Tx, practice: str, *, today: date) -> list[AwaitedClaim]:
    """Of the schemes that the practice has agreed to: periods that may be claimed today, and claims that are not declared.
    Four queries for any number of schemes.
    """
    found = await ParticipationRepository(session, session.tenant).list_of_practice(practice)
    terms = {
        scheme.id: (as_scheme_ref(scheme), term)
        for row, scheme in found
        if row.state == ParticipationState.ACCEPTED
        and (term := joining.agreement_term(row.valid_from, row.valid_until, year=as_scheme_ref(scheme).year))
    }
    claimed = await _claimed_versions(session, list(terms))
    if not claimed:
        return []
    rules = await claim_rules_of(session, list(claimed))
    claims = defaultdict[UUID, list[ClaimRow]](list)
    for row in await ClaimRepository(session, session.tenant).list_of_practice(practice):
        claims[row.scheme_id].append(row)
    return [
        each
        for scheme_id, versions in claimed.items()
        for each in _awaited(*terms[scheme_id], versions, rules[scheme_id], claims[scheme_id], today=today)
    ]


def _awaited(
    scheme: SchemeRef,
    term: Period,
    versions: Sequence[VersionRef],
    rules: ClaimRules,
    claims: Sequence[ClaimRow],
    *,
    today: date,
) -> list[AwaitedClaim]:
    found = [
        AwaitedClaim(scheme, period_of(row), _window(period_of(row), rules, claims).closes_on, row.id)
        for row in claims
        if row.state == ClaimState.OPEN
    ]
    going = [period_of(row) for row in claims if row.state not in ENDED]
    for period in claiming.claim_periods(scheme.year, rules.every):
        window = _window(period, rules, claims)
        is_open = window.opens_on <= today <= window.closes_on and not any(map(period.intersection, going))
        if is_open and term.intersection(period) and _is_claimed(versions, period):
            found.append(AwaitedClaim(scheme, period, window.closes_on, None))
    return found


def _window(period: Period, rules: ClaimRules, claims: Sequence[ClaimRow]) -> ClaimWindow:
    rejected = [london_date(row.rejected_at) for row in claims if row.rejected_at and period_of(row) == period]
    return claiming.claim_window(period, rules, rejected_on=max(rejected, default=None))


async def _claimed_versions(session: Tx, schemes: Sequence[UUID]) -> dict[UUID, list[VersionRef]]:
    """Of the schemes in which something has to be claimed: all published versions."""
    found = defaultdict[UUID, list[VersionRef]](list)
    if schemes:
        for row in await VersionRepository(session, session.tenant).list_published(schemes):
            found[row.scheme_id].append(as_version_ref(row))
    return {
        scheme_id: versions
        for scheme_id, versions in found.items()
        if any(read_definition(each.definition).claims for each in versions)
    }


def _is_claimed(versions: Sequence[VersionRef], period: Period) -> bool:
    try:
        return read_definition(version_covering(versions, period).definition).claims
    except NoVersion:
        return False
