"""What a version costs, and what it changes against the rules of the present, before anybody is asked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from app.calculation import service as calculation
from app.calculation.values import Problem
from app.core.clock import Period
from app.core.db import Tx
from app.organisations import service as organisations
from app.schemes.repository.schemes import SchemeRepository, VersionRepository
from app.schemes.rules import comparing, versions
from app.schemes.service.checking import outside_year, version_problems
from app.schemes.service.drafting import as_scheme_ref, as_version_ref, read_definition
from app.schemes.service.figures import estimates, list_participants
from app.schemes.values import Budget, CheckOutcome, Compared, CountedOver, Difference, PracticeRange, VersionRef


async def check_version(session: Tx, scheme_id: UUID, n: int, *, today: date) -> CheckOutcome:
    """What is wrong with the version, what it costs, over its participants or else over all members, and what it changes."""
    scheme = as_scheme_ref(await SchemeRepository(session, session.tenant).get(scheme_id))
    version = as_version_ref(await VersionRepository(session, session.tenant).get_number(scheme_id, n))
    outside = [Problem(each.pointer, each.code, each.detail) for each in outside_year(version.applies, scheme.year)]
    problems = [*outside, *version_problems(read_definition(version.definition), applies=version.applies)]
    if problems:
        return CheckOutcome(tuple(problems))
    codes, counted_over = await practices_concerned(session, scheme_id, version, today=today)
    found = await estimates(session, scheme_id, version, codes=codes)
    present = await present_version(session, scheme_id, version)
    return CheckOutcome(
        problems=(),
        ranges=found.ranges,
        over_budget=tuple(one.practice for one in found.ranges if one.budget is not None and one.expected > one.budget),
        without_list=found.without_list,
        not_worked_out=found.not_worked_out,
        budget=budget_of(scheme.budget, found.ranges, version.applies),
        counted_over=counted_over,
        difference=present and await _difference(session, version, present, found.ranges),
    )


async def practices_concerned(
    session: Tx, scheme_id: UUID, version: VersionRef, *, today: date
) -> tuple[list[str], CountedOver]:
    """Those who have agreed; before anybody has, the members of today."""
    agreed = await list_participants(session, scheme_id, period=version.applies)
    if agreed:
        return agreed, CountedOver.PARTICIPANTS
    return await organisations.list_member_codes(session, on=today), CountedOver.MEMBERS


async def present_version(session: Tx, scheme_id: UUID, version: VersionRef) -> VersionRef | None:
    """The live version of the scheme, to compare the version with; None where there is none but itself."""
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id)
    if scheme.live_version is None or (scheme_id, scheme.live_version) == (version.scheme_id, version.n):
        return None
    return as_version_ref(await VersionRepository(session, session.tenant).get_number(scheme_id, scheme.live_version))


async def ranges_before(
    session: Tx, version: VersionRef, present: VersionRef, *, codes: Sequence[str]
) -> Sequence[PracticeRange]:
    """The practices' figures by the rules of the present, as if each took part in both."""
    over = compared(version, present).over
    return (await estimates(session, present.scheme_id, replace(present, applies=over), codes=codes)).ranges


def compared(version: VersionRef, present: VersionRef) -> Compared:
    """Like with like: over the time of the new version, where the present one can pay for it; else over all of its own."""
    definition, over = read_definition(present.definition), version.applies
    if not versions.is_covered(over, by=present.applies) or version_problems(definition, applies=over):
        over = present.applies
    return Compared(present.scheme_id, present.n, over)


async def _difference(
    session: Tx, version: VersionRef, present: VersionRef, ranges: Sequence[PracticeRange]
) -> Difference:
    before = await ranges_before(session, version, present, codes=[one.practice for one in ranges])
    return Difference(compared(version, present), comparing.changes(ranges, before))


def budget_of(budget: Budget | None, ranges: Sequence[PracticeRange], applies: Period) -> int | None:
    """The budget in pence for the time that a version applies to; one per head is that of the practices counted."""
    if budget is None:
        return None
    if budget.amount is not None:
        return versions.whole_pence(budget.amount * calculation.year_share(applies))
    return sum(one.budget or 0 for one in ranges)
