"""What a version would pay each practice, worked out by the payments worker before anybody is asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app.calculation import service as calculation
from app.core import operations
from app.core.db import Tx
from app.core.events import emit
from app.core.ids import new_id
from app.core.operations import OperationRow
from app.organisations import service as organisations
from app.organisations.values import PracticeProfile
from app.schemes.errors import SchemeNotPublished, TooManySimulations, VersionNotPayable
from app.schemes.events import SimulationRequested
from app.schemes.repository.schemes import SchemeRepository, VersionRepository
from app.schemes.repository.simulations import SimulationRepository
from app.schemes.service.checking import definition_errors, version_problems
from app.schemes.service.costing import budget_of, compared, practices_concerned, present_version, ranges_before
from app.schemes.service.drafting import as_scheme_ref, as_version_ref, read_definition, words_of
from app.schemes.service.figures import estimates
from app.schemes.tables import SimulatedRow, SimulationRow
from app.schemes.values import PracticeRange, Simulated, SimulatedPractice, SimulationPlan, VersionRef

CHUNK: Final = 500
MOST_AT_ONCE: Final = 3
"""Of one scheme. They share a queue with payment runs, and whoever asks twice by mistake needs one of them."""
_KIND: Final = "schemes.simulate"


async def request_simulation(session: Tx, scheme_id: UUID, n: int, *, against: UUID | None) -> OperationRow:
    """`against` is a scheme whose live version is the one to compare with; None: this scheme's own."""
    version = as_version_ref(await VersionRepository(session, session.tenant).get_number(scheme_id, n))
    problems = version_problems(read_definition(version.definition), applies=version.applies)
    if problems:
        raise VersionNotPayable(errors=definition_errors(problems))
    if against is not None:
        other = await SchemeRepository(session, session.tenant).get(against)
        if other.live_version is None:
            raise SchemeNotPublished("The scheme to compare with has no published version.")
    await _require_place(session, scheme_id)
    operation_id = new_id()
    started = {"scheme": str(scheme_id), "version": n, "simulation": str(operation_id)}
    operation = await operations.start_operation(session, _KIND, result=started, operation_id=operation_id)
    other_scheme = None if against is None else str(against)
    emit(session, SimulationRequested(subject=str(operation.id), scheme=str(scheme_id), n=n, against=other_scheme))
    return operation


async def _require_place(session: Tx, scheme_id: UUID) -> None:
    # Locked, so that of several requests at once each finds those before it.
    await SchemeRepository(session, session.tenant).get(scheme_id, for_update=True)
    waiting = await operations.list_unfinished(session, _KIND, {"scheme": str(scheme_id)})
    if len(waiting) < MOST_AT_ONCE:
        return
    named = [f"version {(each.result or {})['version']} ({each.status}, /v1/operations/{each.id})" for each in waiting]
    raise TooManySimulations(f"Not finished: {', '.join(named)}.")


async def plan_simulation(session: Tx, scheme_id: UUID, n: int, *, against: UUID | None, today: date) -> SimulationPlan:
    scheme = as_scheme_ref(await SchemeRepository(session, session.tenant).get(scheme_id))
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, n)
    version = as_version_ref(row)
    codes, counted_over = await practices_concerned(session, scheme_id, version, today=today)
    present = await present_version(session, against or scheme_id, version)
    return SimulationPlan(
        version=version,
        present=present,
        codes=tuple(codes),
        counted_over=counted_over,
        budget=scheme.budget,
        words_digest=words_of(row).digest,
        may_be_split=not any(_shares(each) for each in (version, present) if each),
    )


def chunks(plan: SimulationPlan) -> Iterator[Sequence[str]]:
    """The practices to be worked out together."""
    size = CHUNK if plan.may_be_split else max(1, len(plan.codes))
    return (plan.codes[start : start + size] for start in range(0, len(plan.codes), size))


async def simulate(session: Tx, plan: SimulationPlan, codes: Sequence[str]) -> Simulated:
    found = await estimates(session, plan.version.scheme_id, plan.version, codes=codes)
    before: Mapping[str, PracticeRange] = {}
    if plan.present:
        ranges = await ranges_before(session, plan.version, plan.present, codes=codes)
        before = {one.practice: one for one in ranges}
    profiles = await organisations.profiles(session, codes, on=plan.version.applies.valid_from)
    practices = tuple(_simulated(one, before.get(one.practice), profiles.get(one.practice)) for one in found.ranges)
    return Simulated(practices, found.without_list, found.not_worked_out)


async def keep_simulation(
    session: Tx, operation_id: UUID, plan: SimulationPlan, found: Simulated, *, now: datetime
) -> None:
    """Written once, with all its practices: a simulation that is there is whole."""
    against = compared(plan.version, plan.present) if plan.present else None
    row = SimulationRow(
        commissioner_id=session.tenant,
        id=operation_id,
        scheme_id=plan.version.scheme_id,
        n=plan.version.n,
        words_digest=plan.words_digest,
        counted_over=plan.counted_over,
        budget=budget_of(plan.budget, [one.now for one in found.practices], plan.version.applies),
        against_scheme_id=against.scheme_id if against else None,
        against_n=against.n if against else None,
        over_from=against.over.valid_from if against else None,
        over_until=against.over.end if against else None,
        practices=len(found.practices),
        without_list=list(found.without_list),
        not_worked_out=list(found.not_worked_out),
        created_at=now,
    )
    session.add(row)
    # Flushed, so that its practices find it.
    await session.flush()
    repository = SimulationRepository(session, session.tenant)
    await repository.add_practices([_row(session.tenant, operation_id, one) for one in found.practices])
    await operations.succeed(session, operation_id)


def as_simulated(row: SimulatedRow) -> SimulatedPractice:
    before = None
    if row.before_least is not None and row.before_expected is not None:
        before = PracticeRange(row.practice, row.before_least, row.before_expected, row.before_most, None)
    return SimulatedPractice(
        now=PracticeRange(row.practice, row.least, row.expected, row.most, row.budget),
        before=before,
        registered=row.registered,
        rural=row.rural,
        dispensing=row.dispensing,
        imd_decile=row.imd_decile,
    )


def _shares(version: VersionRef) -> bool:
    return calculation.shares_among_all(read_definition(version.definition))


def _simulated(now: PracticeRange, before: PracticeRange | None, profile: PracticeProfile | None) -> SimulatedPractice:
    if profile is None:
        return SimulatedPractice(now, before, None, None, None, None)
    return SimulatedPractice(now, before, profile.registered, profile.rural, profile.dispensing, profile.imd_decile)


def _row(tenant: UUID, simulation_id: UUID, one: SimulatedPractice) -> dict[str, Any]:
    before = one.before
    return {
        "commissioner_id": tenant,
        "simulation_id": simulation_id,
        **asdict(one.now),
        "before_least": before.least if before else None,
        "before_expected": before.expected if before else None,
        "before_most": before.most if before else None,
        "registered": one.registered,
        "rural": one.rural,
        "dispensing": one.dispensing,
        "imd_decile": one.imd_decile,
    }
