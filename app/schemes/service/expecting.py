"""What one practice may expect from all its schemes."""

from collections import defaultdict
from dataclasses import replace
from uuid import UUID

from app.calculation import service as calculation
from app.calculation.values import Fact, PracticeInput, PracticeResult
from app.core.clock import Period, add_months
from app.core.db import Tx
from app.organisations import service as organisations
from app.people import service as people
from app.schemes.errors import NoVersion
from app.schemes.repository.facts import FactRepository
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.repository.schemes import VersionRepository
from app.schemes.rules import joining
from app.schemes.service.drafting import as_scheme_ref, as_version_ref, read_definition, version_covering
from app.schemes.service.figures import as_fact, live_figure
from app.schemes.values import ParticipationState, SchemeRef, VersionRef


async def expected_of_practice(
    session: Tx, practice: str, period: Period
) -> list[tuple[SchemeRef, PracticeResult | None]]:
    """The live figure of each scheme that the practice has agreed to: what it would be paid as things stand, with evidence
    that is still to be confirmed. A handful of queries for any number of schemes. None where an amount is too large.

    A scheme that says nothing about all of the period has no figure and is left out.
    """
    found = await ParticipationRepository(session, session.tenant).list_of_practice(practice)
    agreed = [
        (as_scheme_ref(scheme), row.valid_from, row.valid_until)
        for row, scheme in found
        if row.state == ParticipationState.ACCEPTED
    ]
    terms = [
        (scheme, term)
        for scheme, start, end in agreed
        if (term := joining.agreement_term(start, end, year=scheme.year)) and term.intersection(period)
    ]
    if not terms:
        return []
    versions = await _versions(session, [scheme.id for scheme, _ in terms])
    lists = (await organisations.list_sizes(session, [practice]))[practice]
    posts = (await people.posts_held(session, [practice])).get(practice, ())
    member = (await organisations.member_periods(session, [practice])).get(practice, [])
    # The longest that any kind looks back; each takes what it counts.
    facts = await _facts(session, practice, Period(add_months(period.valid_from, -12), period.valid_until))
    results: list[tuple[SchemeRef, PracticeResult | None]] = []
    for scheme, term in terms:
        try:
            version = version_covering(versions[scheme.id], period)
        except NoVersion:
            continue
        if calculation.shares_among_all(read_definition(version.definition)):
            results.append((scheme, await live_figure(session, scheme.id, version, practice, period)))
            continue
        given = PracticeInput(practice, lists, posts, tuple(facts[scheme.id]), joining.membership(member, term))
        results.append((scheme, _live(version, period, given)))
    return results


def _live(version: VersionRef, period: Period, given: PracticeInput) -> PracticeResult | None:
    definition = read_definition(version.definition)
    since = calculation.facts_since(definition, period)
    seen = replace(given, facts=tuple(each for each in given.facts if each.on >= since.get(each.measure, each.on)))
    found, _ = calculation.evaluate_possible(definition, period=period, practices=[seen], include_unconfirmed=True)
    return found[0] if found else None


async def _versions(session: Tx, schemes: list[UUID]) -> dict[UUID, list[VersionRef]]:
    found: defaultdict[UUID, list[VersionRef]] = defaultdict(list)
    for row in await VersionRepository(session, session.tenant).list_published(schemes):
        found[row.scheme_id].append(as_version_ref(row))
    return found


async def _facts(session: Tx, practice: str, period: Period) -> dict[UUID, list[Fact]]:
    found: defaultdict[UUID, list[Fact]] = defaultdict(list)
    for row in await FactRepository(session, session.tenant).list_of_practice(practice, period):
        found[row.scheme_id].append(as_fact(row))
    return found
