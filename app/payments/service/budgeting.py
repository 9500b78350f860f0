"""A scheme's money as at a day: what it may cost, what is due, what is posted, what the ledger has paid."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.calculation.service import check_definition, estimate, evaluate, parse_definition
from app.calculation.values import PracticeInput
from app.core.clock import Period, add_months
from app.core.db import Tx
from app.payments.repository.ledger import LedgerRepository
from app.payments.rules.accruing import by_months, due_periods, gaps
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

    @property
    def accrual(self) -> int:
        return self.entitled - self.posted


async def stand_of(session: Tx, scheme_id: UUID, *, on: date) -> BudgetStand:
    scheme = await schemes.get_scheme(session, scheme_id)
    ledger = LedgerRepository(session, session.tenant)
    year = Period(scheme.starts_on, add_months(scheme.starts_on, 12))
    released = [period for period, _ in await ledger.list_posted_periods(scheme_id)]
    due = due_periods(year, released, on=on)
    entitled = sum([await _sum(session, scheme_id, period, offered=False) for period in due])
    rest = gaps(year, due, until=add_months(scheme.starts_on, 12))
    offered = sum([await _sum(session, scheme_id, period, offered=True) for period in rest])
    codes = await schemes.list_participants(session, scheme_id, period=year)
    posted, paid = await ledger.sum_moved(scheme_id, on=on)
    return BudgetStand(
        scheme=scheme,
        on=on,
        budget=await schemes.budget_total(session, scheme, year=year, codes=codes),
        entitled=entitled,
        posted=posted,
        paid=paid,
        forecast_outturn=entitled + offered,
    )


async def _sum(session: Tx, scheme_id: UUID, period: Period, *, offered: bool) -> int:
    """Of one period; where no one version covers it, of each stretch of its months that one version covers."""
    return sum(
        [
            await _sum_of(session, version, stretch, offered=offered)
            for version, stretch in await _stretches(session, scheme_id, period)
        ]
    )


async def _stretches(session: Tx, scheme_id: UUID, period: Period) -> list[tuple[VersionRef, Period]]:
    whole = await _find_version(session, scheme_id, period)
    if whole is not None:
        return [(whole, period)]
    found: list[tuple[VersionRef, Period]] = []
    for month in by_months(period):
        version = await _find_version(session, scheme_id, month)
        if version is None:
            continue
        if found and found[-1][0].n == version.n and found[-1][1].valid_until == month.valid_from:
            found[-1] = version, Period(found[-1][1].valid_from, month.valid_until)
        else:
            found.append((version, month))
    return found


async def _find_version(session: Tx, scheme_id: UUID, period: Period) -> VersionRef | None:
    try:
        return await schemes.get_version_for(session, scheme_id, period)
    except NoVersion:
        return None


async def _sum_of(session: Tx, version: VersionRef, period: Period, *, offered: bool) -> int:
    codes = await schemes.list_participants(session, version.scheme_id, period=period)
    inputs = await schemes.gather_inputs(session, version.scheme_id, version, period=period, codes=codes)
    return await asyncio.to_thread(_worked_sum, version, period, inputs, offered=offered)


def _worked_sum(version: VersionRef, period: Period, inputs: Sequence[PracticeInput], *, offered: bool) -> int:
    definition = parse_definition(version.definition)
    if check_definition(definition, applies=period):
        return 0
    if offered:
        return sum(estimate(definition, period=period, practice=each).expected for each in inputs)
    return sum(result.total for result in evaluate(definition, period=period, practices=inputs))
