"""A scheme's money as at a day: what it may cost, what is due, what is posted, what the ledger has paid."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.calculation.service import check_period, estimates, evaluate_possible, parse_definition
from app.calculation.values import Definition, PracticeInput
from app.core.clock import Period
from app.core.db import Tx, let_go
from app.payments.repository.ledger import LedgerRepository
from app.payments.repository.queries import CorrectionRepository
from app.payments.rules.accruing import by_months, due_periods, gaps
from app.payments.values import Correction
from app.schemes import service as schemes
from app.schemes.errors import NoVersion
from app.schemes.values import SchemeRef, VersionRef


@dataclass(frozen=True, slots=True)
class BudgetStand:
    """Pence. `budget` is None where the scheme has none; `forecast_outturn` counts the rest of the year as all earned."""

    scheme: SchemeRef
    on: date
    budget: int | None
    entitled: int
    posted: int
    paid: int
    forecast_outturn: int
    not_worked_out: tuple[str, ...]
    """Practices of which an amount is too large; the figures leave it out."""

    @property
    def accrual(self) -> int:
        return self.entitled - self.posted


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time that one version covers, with all that is known of its practices."""

    version: VersionRef
    period: Period
    practices: Sequence[PracticeInput]


async def stand_of(session: Tx, scheme_id: UUID, *, on: date) -> BudgetStand:
    scheme = await schemes.get_scheme(session, scheme_id)
    ledger, gathering = LedgerRepository(session, session.tenant), schemes.Gathering(session, scheme_id)
    year = scheme.year
    released = list(await ledger.list_posted_periods(scheme_id))
    due = due_periods(year, released, on=on)
    over = [stretch for period in due for stretch in await _stretches(gathering, period)]
    rest = gaps(year, due, until=year.end)
    to_come = [stretch for period in rest for stretch in await _stretches(gathering, period)]
    codes = await gathering.participants(year)
    posted, paid = await ledger.sum_moved(scheme_id, on=on)
    corrected = _corrected(await CorrectionRepository(session, session.tenant).list_approved(scheme_id), due)
    budget = await schemes.budget_total(session, scheme, year=year, codes=codes)
    await let_go(session)
    earned, offered, left_out = await asyncio.to_thread(_sums, over, to_come)
    entitled = earned + corrected
    return BudgetStand(
        scheme=scheme,
        on=on,
        budget=budget,
        entitled=entitled,
        posted=posted,
        paid=paid,
        forecast_outturn=entitled + offered,
        not_worked_out=tuple(sorted(left_out)),
    )


async def _stretches(gathering: schemes.Gathering, period: Period) -> list[_Stretch]:
    """The period; where no one version covers it, each stretch of its months that one version covers."""
    return [
        _Stretch(
            version,
            stretch,
            await gathering.inputs(version, period=stretch, codes=await gathering.participants(stretch)),
        )
        for version, stretch in await _covered(gathering, period)
    ]


async def _covered(gathering: schemes.Gathering, period: Period) -> list[tuple[VersionRef, Period]]:
    whole = await _find_version(gathering, period)
    if whole is not None:
        return [(whole, period)]
    found: list[tuple[VersionRef, Period]] = []
    for month in by_months(period):
        version = await _find_version(gathering, month)
        if version is None:
            continue
        if found and found[-1][0].n == version.n and found[-1][1].valid_until == month.valid_from:
            found[-1] = version, Period(found[-1][1].valid_from, month.valid_until)
        else:
            found.append((version, month))
    return found


async def _find_version(gathering: schemes.Gathering, period: Period) -> VersionRef | None:
    try:
        return await gathering.version_for(period)
    except NoVersion:
        return None


def _corrected(corrections: Mapping[Period, Mapping[str, Iterable[Correction]]], due: Iterable[Period]) -> int:
    """What queries have added to the periods that are due: they are due as what the rules give is."""
    return sum(each.amount for period in due for several in corrections.get(period, {}).values() for each in several)


def _sums(over: Iterable[_Stretch], to_come: Iterable[_Stretch]) -> tuple[int, int, set[str]]:
    left_out = set[str]()
    entitled = sum(_entitled(stretch, left_out) for stretch in over)
    return entitled, sum(_offered(stretch, left_out) for stretch in to_come), left_out


def _entitled(stretch: _Stretch, left_out: set[str]) -> int:
    definition = _payable(stretch)
    if definition is None:
        return 0
    results, too_large = evaluate_possible(definition, period=stretch.period, practices=stretch.practices)
    left_out.update(too_large)
    return sum(each.total for each in results)


def _offered(stretch: _Stretch, left_out: set[str]) -> int:
    definition = _payable(stretch)
    if definition is None:
        return 0
    total = 0
    for code, found in estimates(definition, period=stretch.period, practices=stretch.practices).items():
        if found is None:
            left_out.add(code)
        else:
            total += found.expected
    return total


def _payable(stretch: _Stretch) -> Definition | None:
    definition = parse_definition(stretch.version.definition)
    return None if check_period(definition, period=stretch.period) else definition
