"""What a practice was entitled to up to a day, by what was recorded at an instant, and what had been posted by then."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.calculation.service import parse_definition, shares_among_all
from app.core.clock import Period
from app.core.db import Tx
from app.payments.errors import ClaimsNotLookedBack
from app.payments.repository.ledger import LedgerRepository
from app.payments.repository.queries import CorrectionRepository
from app.payments.rules.accruing import due_periods
from app.payments.rules.working import entitled_lines
from app.payments.service.budgeting import covered
from app.payments.service.naming import unknown_payees
from app.payments.values import Part, StatementLine
from app.schemes import service as schemes
from app.schemes.values import VersionRef


@dataclass(frozen=True, slots=True)
class PeriodThen:
    """Pence. `corrected` is what upheld queries had added to what the rules give."""

    period: Period
    version: int
    lines: Sequence[StatementLine]
    corrected: int
    posted: int

    @property
    def entitled(self) -> int:
        return sum(line.amount for line in self.lines) + self.corrected


@dataclass(frozen=True, slots=True)
class StatementThen:
    practice: str
    periods: Sequence[PeriodThen]

    @property
    def entitled(self) -> int:
        return sum(each.entitled for each in self.periods)

    @property
    def posted(self) -> int:
        return sum(each.posted for each in self.periods)


async def statement_then(session: Tx, scheme_id: UUID, practice: str, *, on: date, known_at: datetime) -> StatementThen:
    """Each period that a run had paid by then, and the whole months beside them, that had begun by the day.

    The same rules over the same inputs give the same lines, so what a run worked out then is given again to the byte,
    whatever was corrected since.
    """
    scheme = await schemes.get_scheme(session, scheme_id)
    posted = await LedgerRepository(session, session.tenant).list_posted_then(scheme_id, practice, known_at=known_at)
    approved = await CorrectionRepository(session, session.tenant).list_approved(scheme_id, known_at=known_at)
    gathering = schemes.Gathering(session, scheme_id, known_at=known_at)
    unknown: dict[int, frozenset[str]] = {}
    found: list[PeriodThen] = []
    for period in due_periods(scheme.year, posted, on=on):
        # A released period is whole here, with what was corrected and posted for it: the version that it was released by
        # is published for ever.
        for version, stretch in await covered(gathering, period):
            if version.n not in unknown:
                unknown[version.n] = await unknown_payees(session, version, known_at=known_at)
            lines = await _lines(gathering, version, stretch, practice, unknown=unknown[version.n])
            corrected = sum(each.amount for each in approved.get(stretch, {}).get(practice, ()))
            found.append(PeriodThen(stretch, version.n, lines, corrected, posted.get(stretch, 0)))
    return StatementThen(practice, found)


async def _lines(
    gathering: schemes.Gathering, version: VersionRef, period: Period, practice: str, *, unknown: frozenset[str]
) -> tuple[StatementLine, ...]:
    definition = parse_definition(version.definition)
    if definition.claims:
        raise ClaimsNotLookedBack
    codes = await gathering.participants(period)
    if practice not in codes:
        return ()
    counted = codes if shares_among_all(definition) else [practice]
    practices = await gathering.inputs(version, period=period, codes=counted)
    part = Part(period, version.definition, tuple(practices), {}, differences=False, unknown_payees=unknown)
    return await asyncio.to_thread(entitled_lines, part, practice)
