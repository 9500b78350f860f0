"""What a run is worked out from: gathered once, stored, and read back for as long as the run is kept."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from app.calculation.service import (
    frozen_digest,
    parse_definition,
    practice_bytes,
    practice_from_json,
    shares_among_all,
)
from app.calculation.values import ENGINE_VERSION, PracticeInput
from app.core.clock import Period
from app.core.db import Tx
from app.payments.repository.frozen import FrozenRow, PartRepository
from app.payments.repository.ledger import LedgerRepository
from app.payments.repository.queries import CorrectionRepository
from app.payments.repository.rows import period_of
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.rules import working, written
from app.payments.service.naming import unknown_payees
from app.payments.tables import PaymentRun, PaymentRunPart
from app.payments.values import Balance, Ceiling, Correction, LastPosted, Part, Posted, RunState, WorkedRun
from app.schemes import service as schemes
from app.schemes.values import OverBudget, VersionRef


@dataclass(frozen=True, slots=True)
class Frozen:
    """All that a run is worked out from. `written` are the practices whose rows an earlier attempt has left."""

    parts: tuple[Part, ...]
    balances: tuple[Balance, ...]
    within: Ceiling | None
    written: frozenset[str] = frozenset()

    def work_out(self) -> WorkedRun:
        return working.work_out(self.parts, self.balances, self.within)


async def freeze_run(session: Tx, run_id: UUID, *, now: datetime) -> Frozen | None:
    """Store what the run is worked out from, once, take the claims that it pays, and give it back. None when there is
    nothing left to work out.
    """
    runs, parts = RunRepository(session, session.tenant), PartRepository(session, session.tenant)
    # Races with a second worker that took the job over: it waits here, and then finds the parts.
    run = await runs.get(run_id, for_update=True)
    if run.state != RunState.CALCULATING:
        return None
    if stored := await parts.list_parts(run_id):
        practices = await StatementRepository(session, session.tenant).list_practices(run_id)
        rows = await parts.list_inputs(whole=[run_id])
        return Frozen(_parts(stored, rows), _balances(run), _ceiling(run), frozenset(practices))
    ledger = LedgerRepository(session, session.tenant)
    posted = await ledger.list_posted_periods(run.scheme_id)
    own = period_of(run)
    earlier = sorted(period for period in posted if period.valid_from < own.valid_from)
    # A waiver that is agreed at this moment either is seen here, or finds the run and is refused.
    await ledger.lock_balances(run.scheme_id)
    balances = await ledger.list_balances(run.scheme_id)
    within = await _measure_ceiling(session, run)
    corrections = await CorrectionRepository(session, session.tenant).list_approved(run.scheme_id)
    claims = schemes.ClaimsOfRun(session, run.scheme_id, run.id, now=now)
    limited = await ledger.list_limited(run.scheme_id)
    freezer = _Freezer(session, run, posted, corrections, claims, limited=limited)
    await freezer.look([own, *earlier])
    own_print = await freezer.add(own, balances=balances)
    earlier_prints = [await freezer.add_earlier(period) for period in earlier]
    await claims.take()
    session.add_all(freezer.rows)
    await session.flush()
    await parts.add_inputs(freezer.inputs)
    run.balances = [written.balance_plain(balance) for balance in balances]
    run.inputs_digest = written.inputs_digest(own_print, earlier_prints, within)
    if within is not None:
        run.over_budget, run.budget, run.available = within.rule.value, within.budget, within.available
    return Frozen(tuple(freezer.parts), tuple(balances), within)


async def _measure_ceiling(session: Tx, run: PaymentRun) -> Ceiling | None:
    """What the scheme's budget has left; None where the scheme pays whatever is due."""
    scheme = await schemes.get_scheme(session, run.scheme_id)
    if scheme.over_budget is None:
        return None
    codes = await schemes.list_participants(session, scheme.id, period=scheme.year)
    budget = await schemes.budget_total(session, scheme, year=scheme.year, codes=codes) or 0
    posted = await LedgerRepository(session, session.tenant).sum_posted(scheme.id)
    return Ceiling(scheme.over_budget, budget, budget - posted, period_of(run))


async def load_parts(session: Tx, practices: Mapping[UUID, Sequence[str]]) -> dict[UUID, tuple[Part, ...]]:
    """Those that each run changed, for these practices of it: with all others where they share something among them. Two
    queries for any number of runs.
    """
    repository = PartRepository(session, session.tenant)
    changed: defaultdict[UUID, list[PaymentRunPart]] = defaultdict(list)
    for part in await repository.list_changed(practices):
        changed[part.run_id].append(part)
    sharing = [run for run, parts in changed.items() if any(_is_shared(part) for part in parts)]
    alone = {run: codes for run, codes in practices.items() if run not in sharing}
    rows: defaultdict[UUID, list[FrozenRow]] = defaultdict(list)
    for row in await repository.list_inputs(whole=sharing, some=alone):
        rows[row.run_id].append(row)
    return {run: _parts(parts, rows[run]) for run, parts in changed.items()}


def _is_shared(part: PaymentRunPart) -> bool:
    return shares_among_all(parse_definition(part.definition or {}))


class _Freezer:
    """Gathers the parts of one run, the run's own period first. Everything that can move a figure of an earlier period has
    to be in its fingerprint, or it would never be looked at again.
    """

    def __init__(
        self,
        session: Tx,
        run: PaymentRun,
        posted: Mapping[Period, LastPosted],
        corrections: Mapping[Period, Mapping[str, tuple[Correction, ...]]],
        claims: schemes.ClaimsOfRun,
        *,
        limited: frozenset[Period],
    ) -> None:
        self.session = session
        self.run = run
        self.posted = posted
        self.corrections = corrections
        self.limited = limited
        self.unknown: dict[UUID, frozenset[str]] = {}
        self.gathering = schemes.Gathering(session, run.scheme_id)
        self.claims = claims
        self.versions: dict[Period, VersionRef] = {}
        self.marks: dict[Period, str] = {}
        self.forms: dict[str, tuple[PracticeInput, bytes]] = {}
        self.parts: list[Part] = []
        # Added to the session together at the end: one statement, instead of one before each of the next period's.
        self.rows: list[PaymentRunPart] = []
        self.inputs: list[tuple[UUID, int, str, str | None, str, str]] = []

    async def look(self, periods: Sequence[Period]) -> None:
        """Before anything is gathered: a fact or a claim that comes in between is gathered and not in the mark, so that a later
        run looks again. The other way round it would never be paid.
        """
        self.versions = {period: await self.gathering.version_for(period) for period in periods}
        facts, claims = await self.gathering.mark_facts(self.versions), await self.claims.mark(self.versions)
        self.marks = {period: f"{facts[period]} {claims[period]}" for period in periods}

    async def add_earlier(self, period: Period) -> bytes:
        """One that looks as it did when it was last posted is not gathered again, unless a budget held something back."""
        before, seen = self.posted[period], await self._fingerprint(period)
        if seen != before.fingerprint or period in self.limited:
            return await self.add(period)
        self._add_row(period, before.digest, seen, differences=True, changed=False)
        return written.part_print(before.digest, {})

    async def add(self, period: Period, *, balances: Sequence[Balance] = ()) -> bytes:
        """Gather one period; what it was worked out from comes back as bytes for the digest."""
        session, scheme_id, version = self.session, self.run.scheme_id, self.versions[period]
        codes = await self.gathering.participants(period)
        known = await self.gathering.inputs(version, period=period, codes=codes)
        practices = await self.claims.hold_unclaimed(version, period, known, already_paid=self._already_paid)
        frozen = {practice.code: self._form(practice) for practice in practices}
        corrections = self.corrections.get(period, {})
        unknown = await self._unknown_payees(version)
        inputs = frozen_digest(version.definition, period=period, frozen=list(frozen.values()))
        digest = written.with_unknown(written.corrected_digest(inputs, corrections), unknown)
        before = self.posted.get(period)
        # What was last posted for a period follows from what it was worked out from, so the same again moves nothing,
        # but for what a budget held back then.
        changed = before is None or digest != before.digest or period in self.limited
        posted: dict[str, tuple[Posted, ...]] = {}
        if changed and before is not None:
            posted = await LedgerRepository(session, session.tenant).list_posted(scheme_id, period)
        if changed:
            self._keep(frozen, posted, corrections)
            differences = before is not None
            self.parts.append(
                Part(period, version.definition, tuple(practices), posted, differences, corrections, unknown)
            )
        seen = await self._fingerprint(period) if self.claims.is_settled(period) else None
        self._add_row(period, digest, seen, differences=before is not None, changed=changed)
        return written.part_print(digest, posted, balances)

    async def _already_paid(self, period: Period) -> set[str]:
        """A correction that is paid where a claim is missing pays for no claim, so only runs that needed none count."""
        return await LedgerRepository(self.session, self.session.tenant).list_paid_unclaimed(self.run.scheme_id, period)

    async def _fingerprint(self, period: Period) -> str:
        """Of all that was gathered, facts and claims by their mark. It says whether a second look is needed, and pays nobody."""
        version, mark = self.versions[period], self.marks[period]
        codes = await self.gathering.participants(period)
        outlines = await self.gathering.outlines(version, period=period, codes=codes)
        unknown = sorted(await self._unknown_payees(version))
        head = " ".join([ENGINE_VERSION, str(version.id), f"{period.valid_from} {period.end} {mark}", *unknown])
        seen = hashlib.sha256(b"\n".join([head.encode(), *map(self._form, outlines)])).hexdigest()
        return written.corrected_digest(seen, self.corrections.get(period, {}))

    async def _unknown_payees(self, version: VersionRef) -> frozenset[str]:
        """Each version is looked up once."""
        if version.id not in self.unknown:
            self.unknown[version.id] = await unknown_payees(self.session, version)
        return self.unknown[version.id]

    def _form(self, practice: PracticeInput) -> bytes:
        """What was gathered once for several periods is written once."""
        known = self.forms.get(practice.code)
        if known is None or known[0] is not practice:
            known = self.forms[practice.code] = practice, practice_bytes(practice)
        return known[1]

    def _add_row(
        self, period: Period, digest: str, fingerprint: str | None, *, differences: bool, changed: bool
    ) -> None:
        version = self.versions[period]
        self.rows.append(
            PaymentRunPart(
                commissioner_id=self.session.tenant,
                run_id=self.run.id,
                no=len(self.rows),
                period_from=period.valid_from,
                period_until=period.end,
                version_no=version.n,
                definition=dict(version.definition) if changed else None,
                inputs_digest=digest,
                fingerprint=fingerprint,
                differences=differences,
                changed=changed,
                unknown_payees=sorted(self.unknown.get(version.id, ())),
            )
        )

    def _keep(
        self,
        frozen: Mapping[str, bytes],
        posted: Mapping[str, tuple[Posted, ...]],
        corrections: Mapping[str, tuple[Correction, ...]],
    ) -> None:
        for practice in sorted(frozen.keys() | posted.keys() | corrections.keys()):
            inputs = frozen.get(practice)
            self.inputs.append(
                (
                    self.run.id,
                    len(self.rows),
                    practice,
                    None if inputs is None else inputs.decode(),
                    msgspec.json.encode([written.posted_plain(each) for each in posted.get(practice, ())]).decode(),
                    msgspec.json.encode(
                        [written.correction_plain(each) for each in corrections.get(practice, ())]
                    ).decode(),
                )
            )


def _parts(stored: Sequence[PaymentRunPart], rows: Sequence[FrozenRow]) -> tuple[Part, ...]:
    """Of one run."""
    by_part: defaultdict[int, list[FrozenRow]] = defaultdict(list)
    for row in rows:
        by_part[row.part_no].append(row)
    return tuple(_part(part, by_part[part.no]) for part in stored if part.changed)


def _ceiling(run: PaymentRun) -> Ceiling | None:
    if run.over_budget is None or run.budget is None or run.available is None:
        return None
    return Ceiling(OverBudget(run.over_budget), run.budget, run.available, period_of(run))


def _balances(run: PaymentRun) -> tuple[Balance, ...]:
    return tuple(written.balance_from_plain(plain) for plain in run.balances or ())


def _part(part: PaymentRunPart, rows: Sequence[FrozenRow]) -> Part:
    return Part(
        period=period_of(part),
        definition=part.definition or {},
        practices=tuple(practice_from_json(row.frozen) for row in rows if row.frozen is not None),
        posted={
            row.practice: tuple(written.posted_from_plain(each) for each in row.posted) for row in rows if row.posted
        },
        differences=part.differences,
        corrections={
            row.practice: tuple(written.correction_from_plain(each) for each in row.corrections)
            for row in rows
            if row.corrections
        },
        unknown_payees=frozenset(part.unknown_payees),
    )
