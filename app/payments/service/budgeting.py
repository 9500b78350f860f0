"""A scheme's money as at a day: what it may cost, what is due, what is posted, what the ledger has paid."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from app.calculation.service import bookings, check_period, evaluate_offered, evaluate_possible, parse_definition
from app.calculation.values import Booking, Definition, PracticeInput, PracticeResult
from app.core.clock import Period, add_months, financial_year_of, london_date
from app.core.db import Tx, let_go
from app.core.errors import CursorInvalid
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page
from app.payments.repository.arrangements import ArrangementRepository
from app.payments.repository.bookings import BookingRepository
from app.payments.repository.ledger import LedgerRepository
from app.payments.repository.queries import CorrectionRepository
from app.payments.rules.accruing import by_months, due_periods, gaps
from app.payments.rules.splitting import account_of, filled
from app.payments.rules.standing import stand_by_account, summed
from app.payments.values import AccountStand, Correction
from app.schemes import service as schemes
from app.schemes.errors import NoVersion
from app.schemes.values import SchemeRef, VersionRef

_POSITION: Final = "finance_position"


class Evaluate(Protocol):
    """What a stretch is worked out by; see the calculation's `evaluate_possible` and `evaluate_offered`."""

    def __call__(
        self, definition: Definition, *, period: Period, practices: Sequence[PracticeInput]
    ) -> tuple[list[PracticeResult], list[str]]: ...


@dataclass(frozen=True, slots=True)
class BudgetStand:
    """Pence. `budget` is None where the scheme has none; a forecast counts the rest of the year as all earned."""

    scheme: SchemeRef
    on: date
    budget: int | None
    by_account: tuple[AccountStand, ...]
    not_worked_out: tuple[str, ...]
    """Practices of which an amount is too large; the figures leave it out."""

    @property
    def whole(self) -> AccountStand:
        return summed(self.by_account)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time that one version covers, with all that is known of its practices."""

    version: VersionRef
    period: Period
    practices: Sequence[PracticeInput]
    claimed: Sequence[PracticeInput]
    """The same practices, held or bounded to what each has claimed."""


async def stand_of(session: Tx, scheme_id: UUID, *, on: date) -> BudgetStand:
    scheme = await schemes.get_scheme(session, scheme_id)
    ledger, gathering = LedgerRepository(session, session.tenant), schemes.Gathering(session, scheme_id)
    year = scheme.year
    released = list(await ledger.list_posted_periods(scheme_id))
    claims = await schemes.DeclaredClaims.of_scheme(session, scheme_id)
    due = due_periods(year, released, on=on, cuts=claims.cuts)
    over = [
        stretch
        for period in due
        for stretch in await _stretches(
            gathering, period, claims, partial(ledger.list_paid_unclaimed, scheme_id, period)
        )
    ]
    rest = gaps(year, due, until=year.end)
    to_come = [stretch for period in rest for stretch in await _stretches(gathering, period, claims, _nobody)]
    codes = await gathering.participants(year)
    moved = await ledger.list_moved(scheme_id, on=on)
    corrections = _corrections(await CorrectionRepository(session, session.tenant).list_approved(scheme_id), due)
    corrected = {each.component for _, each in corrections}
    booked = BookingRepository(session, session.tenant)
    last_posted = await booked.list_last_posted(scheme_id, corrected) if corrected else {}
    waivers = await ArrangementRepository(session, session.tenant).list_waivers(scheme_id)
    waived = sum(row.waived or 0 for row in waivers if row.agreed_at and london_date(row.agreed_at) <= on)
    budget = await schemes.budget_total(session, scheme, year=year, codes=codes)
    await let_go(session)
    own = Booking(scheme.pay_code, scheme.cost_centre)
    entitled, unclaimed, offered = await asyncio.to_thread(_sums, over, to_come, own)
    entitled.correct(corrections, last_posted)
    by_account = stand_by_account(
        own=own, entitled=entitled.pence, unclaimed=unclaimed, offered=offered.pence, moved=moved, waived=waived
    )
    left_out = sorted(entitled.left_out | offered.left_out)
    return BudgetStand(
        scheme=scheme, on=on, budget=budget, by_account=tuple(by_account), not_worked_out=tuple(left_out)
    )


async def position_of(
    session: Tx, *, on: date | None, today: date, params: PageParams, cursors: Cursors
) -> tuple[date, Page[BudgetStand]]:
    """Schemes that have begun and whose year is that of the day or the one before: what is older is settled. With the day: one
    that nobody names is today on the first page, and stays that on the others, so that the pages add up over midnight.
    """
    day = on or today
    if params.cursor:
        went_on = cursors.decode(_POSITION, params.cursor)
        day = date.fromisoformat(went_on["on"])
        if on not in (None, day):
            raise CursorInvalid
        params = params.model_copy(update={"cursor": went_on["after"]})
    since = add_months(financial_year_of(day).valid_from, -12)
    page = await schemes.page_begun(session, since=since, on=day, params=params, cursors=cursors)
    stands = [await stand_of(session, scheme.id, on=day) for scheme in page.rows]
    after = page.next_cursor and cursors.encode(_POSITION, {"on": day.isoformat(), "after": page.next_cursor})
    return day, Page(stands, after, page.total)


async def _stretches(
    gathering: schemes.Gathering,
    period: Period,
    claims: schemes.DeclaredClaims,
    already_paid: Callable[[], Awaitable[Collection[str]]],
) -> list[_Stretch]:
    """The period; where no one version covers it, each stretch of its months that one version covers. Who was paid already
    when nothing had to be claimed needs no claim.
    """
    found: list[_Stretch] = []
    for version, stretch in await covered(gathering, period):
        given = await gathering.inputs(version, period=stretch, codes=await gathering.participants(stretch))
        claimed = await claims.hold_undeclared(version, stretch, given, already_paid=already_paid)
        found.append(_Stretch(version, stretch, given, claimed))
    return found


async def _nobody() -> Collection[str]:
    return ()


async def covered(gathering: schemes.Gathering, period: Period) -> list[tuple[VersionRef, Period]]:
    """The period with its version, or each stretch of its months that one version covers; months without one are left out."""
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


def _corrections(
    approved: Mapping[Period, Mapping[str, Iterable[Correction]]], due: Iterable[Period]
) -> list[tuple[Period, Correction]]:
    """What queries have added to the periods that are due: they are due as what the rules give is."""
    return [(period, each) for period in due for several in approved.get(period, {}).values() for each in several]


@dataclass(slots=True)
class _Sum:
    """Pence by account, and the practices of which an amount is too large."""

    own: Booking
    pence: Counter[Booking] = field(default_factory=Counter[Booking])
    left_out: set[str] = field(default_factory=set)
    said: list[tuple[Period, dict[str, Booking]]] = field(default_factory=list)
    """The account of each component, by the stretches that were added."""

    def add(self, stretch: _Stretch, evaluate: Evaluate) -> Counter[Booking]:
        """Returns what it has added."""
        added = Counter[Booking]()
        definition = _payable(stretch)
        if definition is None:
            return added
        accounts = {name: account_of(filled(booking, self.own)) for name, booking in bookings(definition).items()}
        self.said.append((stretch.period, accounts))
        results, too_large = evaluate(definition, period=stretch.period, practices=stretch.practices)
        self.left_out.update(too_large)
        for line in (line for result in results for line in result.lines if line.amount):
            added[accounts[line.component]] += line.amount
        self.pence.update(added)
        return added

    def correct(
        self, corrections: Iterable[tuple[Period, Correction]], last_posted: Mapping[tuple[date, str], Booking]
    ) -> None:
        """Where a run books them: as the definition of their period says, or, of a component that has left it, as posted last."""
        for period, each in corrections:
            start = period.valid_from
            said = next((accounts for stretch, accounts in self.said if stretch.contains(start)), {})
            posted = account_of(last_posted.get((start, each.component), self.own))
            self.pence[said.get(each.component, posted)] += each.amount


def _sums(over: Iterable[_Stretch], to_come: Iterable[_Stretch], own: Booking) -> tuple[_Sum, Counter[Booking], _Sum]:
    """What has been earned, what of it has to be claimed and is not, and what is offered for the rest."""
    entitled, claimed, offered, unclaimed = _Sum(own), _Sum(own), _Sum(own), Counter[Booking]()
    for stretch in over:
        earned = entitled.add(stretch, evaluate_possible)
        if stretch.claimed != stretch.practices:
            unclaimed.update(earned)
            unclaimed.subtract(claimed.add(replace(stretch, practices=stretch.claimed), evaluate_possible))
    for stretch in to_come:
        offered.add(stretch, evaluate_offered)
    return entitled, unclaimed, offered


def _payable(stretch: _Stretch) -> Definition | None:
    definition = parse_definition(stretch.version.definition)
    return None if check_period(definition, period=stretch.period) else definition
