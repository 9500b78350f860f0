"""What a version would pay each practice, worked out by the payments worker before anybody is asked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.core import operations
from app.core.db import Tx
from app.core.events import emit
from app.core.money import format_pounds
from app.core.operations import OperationRow
from app.organisations import service as organisations
from app.schemes.errors import VersionNotPayable
from app.schemes.events import SimulationRequested
from app.schemes.repository.schemes import VersionRepository
from app.schemes.rules import spreading
from app.schemes.service.checking import definition_errors, version_problems
from app.schemes.service.costing import practices_concerned
from app.schemes.service.drafting import as_version_ref, read_definition
from app.schemes.service.figures import estimates
from app.schemes.values import PracticeRange, RangeGroup


async def request_simulation(session: Tx, scheme_id: UUID, n: int) -> OperationRow:
    version = as_version_ref(await VersionRepository(session, session.tenant).get_number(scheme_id, n))
    problems = version_problems(read_definition(version.definition), applies=version.applies)
    if problems:
        raise VersionNotPayable(errors=definition_errors(problems))
    started = {"scheme": str(scheme_id), "version": n}
    operation = await operations.start_operation(session, "schemes.simulate", result=started)
    emit(session, SimulationRequested(subject=str(operation.id), scheme=str(scheme_id), n=n))
    return operation


async def simulate(session: Tx, operation_id: UUID, *, scheme_id: UUID, n: int, today: date) -> None:
    version = as_version_ref(await VersionRepository(session, session.tenant).get_number(scheme_id, n))
    codes, counted_over = await practices_concerned(session, scheme_id, version, today=today)
    found = await estimates(session, scheme_id, version, codes=codes)
    ranges = found.ranges
    profiles = await organisations.profiles(session, codes, on=version.applies.valid_from)
    groups = {
        "list_size": {code: spreading.size_band(known.registered) for code, known in profiles.items()},
        "rurality": {code: spreading.rurality(known.rural) for code, known in profiles.items()},
        "deprivation": {code: spreading.deprivation(known.imd_decile) for code, known in profiles.items()},
    }
    result = {
        "scheme": str(scheme_id),
        "version": n,
        "counted_over": counted_over.value,
        "practices": [_range(one) for one in ranges],
        "totals": _group(spreading.total_range("all", ranges)),
        "spread": {name: _spread(ranges, named) for name, named in groups.items()},
        "without_list": list(found.without_list),
        "not_worked_out": list(found.not_worked_out),
    }
    await operations.record_progress(session, operation_id, done=len(codes), total=len(codes))
    await operations.succeed(session, operation_id, result=result)


def _range(one: PracticeRange) -> dict[str, Any]:
    return {
        "practice": one.practice,
        "least": format_pounds(one.least),
        "expected": format_pounds(one.expected),
        "most": _pounds(one.most),
        "budget": _pounds(one.budget),
    }


def _spread(ranges: Sequence[PracticeRange], groups: Mapping[str, str]) -> list[dict[str, Any]]:
    return [_group(each) for each in spreading.spread(ranges, groups)]


def _group(found: RangeGroup) -> dict[str, Any]:
    return {
        "group": found.group,
        "practices": found.practices,
        "least": format_pounds(found.least),
        "expected": format_pounds(found.expected),
        "most": _pounds(found.most),
    }


def _pounds(pence: int | None) -> str | None:
    return None if pence is None else format_pounds(pence)
