"""How each kind of national file fills the register. All in one transaction of the platform; every step is set-based."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.core.clock import add_months, financial_year, financial_year_start, london_date
from app.core.db import Tx
from app.organisations.ports import (
    GP_PRACTICE_SETTING,
    AdjustedListRow,
    ListRow,
    MembershipRow,
    NetworkRow,
    Parsed,
    PaymentRow,
    PracticeRow,
    ProfileRow,
)
from app.organisations.repository import filling
from app.organisations.repository.filling import Written
from app.organisations.repository.memberships import list_register_disagreements
from app.organisations.rules import sub_icb_parents
from app.organisations.service.memberships import Recorded, record_memberships
from app.organisations.values import (
    FileKind,
    ImportOutcome,
    MembershipSource,
    MembershipStatement,
    PracticeStatus,
    RowError,
)

LIST_SOURCE = "Patients Registered at a GP Practice"
ADJUSTED_SOURCE = "Adjusted populations"


@dataclass(slots=True)
class Filled:
    """What a file did: its counts, the practices that became different, and whether other organisations did."""

    outcome: ImportOutcome
    practices: set[str] = field(default_factory=set)
    organisations: bool = False

    @property
    def has_changed(self) -> bool:
        return bool(self.practices) or self.organisations or bool(self.outcome.created or self.outcome.updated)


Step = Callable[[float], Awaitable[None]]
"""Tells how far the work has come, as a share of the whole."""


async def fill_practices(session: Tx, parsed: Parsed[PracticeRow], *, now: datetime, step: Step) -> Filled:
    as_at = parsed.as_at or london_date(now)
    written = await filling.write_register_practices(session, map(_practice, parsed.rows), as_at=as_at, now=now)
    await step(0.2)
    organisations = await filling.write_register_organisations(
        session, _commissioners(parsed.rows), as_at=as_at, now=now
    )
    statements = [
        MembershipStatement(
            row.code, row.commissioner, row.joined_on, row.left_on, MembershipSource.ODS_PRACTICES, as_at
        )
        for row in parsed.rows
        if row.commissioner and row.joined_on and (row.left_on is None or row.left_on > row.joined_on)
    ]
    recorded = await record_memberships(session, statements, now=now)
    await step(0.6)
    return _filled([row.code for row in parsed.rows], [written], recorded, organisations=organisations)


def _practice(row: PracticeRow) -> Sequence[Any]:
    is_practice = row.prescribing_setting == GP_PRACTICE_SETTING
    return (
        row.code,
        row.name,
        row.status,
        row.prescribing_setting,
        is_practice,
        list(row.address_lines),
        row.postcode,
        row.telephone,
        row.opened_on,
        row.closed_on,
    )


def _commissioners(rows: Sequence[PracticeRow]) -> Sequence[tuple[str, str | None, str, str | None]]:
    """Every commissioner that a practice names, with its parent where active practices name one; and those parents."""
    parents = sub_icb_parents(rows)
    codes = sorted({row.commissioner for row in rows if row.commissioner})
    above = sorted(set(parents.values()) - set(codes))
    return [(code, None, "commissioner", parents.get(code)) for code in codes] + [
        (code, None, "icb", None) for code in above
    ]


async def fill_memberships(session: Tx, parsed: Parsed[MembershipRow], *, now: datetime, step: Step) -> Filled:
    as_at = parsed.as_at or london_date(now)
    statements = [
        MembershipStatement(
            row.practice, row.commissioner, row.valid_from, row.valid_until, MembershipSource.ODS_MEMBERSHIPS, as_at
        )
        for row in parsed.rows
    ]
    await step(0.1)
    recorded = await record_memberships(session, statements, now=now)
    await step(0.7)
    unchanged = len(parsed.rows) - recorded.created - recorded.updated
    outcome = ImportOutcome(created=recorded.created, updated=recorded.updated, unchanged=unchanged)
    return Filled(outcome, set(recorded.practices))


async def fill_networks(session: Tx, parsed: Parsed[NetworkRow], *, now: datetime, step: Step) -> Filled:
    as_at = parsed.as_at or london_date(now)
    names: dict[str, tuple[str | None, str]] = {}
    for row in parsed.rows:
        names[row.network] = (row.network_name, "network")
        for code, name in (
            (row.practice_commissioner, row.practice_commissioner_name),
            (row.network_commissioner, row.network_commissioner_name),
        ):
            if code:
                names[code] = (name, "commissioner")
    organisations = await _name_organisations(session, names, as_at=as_at, now=now)
    links = ((row.practice, row.network, row.valid_from, row.valid_until) for row in parsed.rows)
    written = await filling.write_register_networks(session, links, as_at=as_at, now=now)
    await step(0.5)
    created, updated = len(written.created), len(written.updated)
    outcome = ImportOutcome(created=created, updated=updated, unchanged=len(parsed.rows) - created - updated)
    return Filled(outcome, {key.split(" ")[0] for key in written.changed}, bool(organisations.changed))


async def _name_organisations(
    session: Tx, names: Mapping[str, tuple[str | None, str]], *, as_at: date, now: datetime
) -> Written:
    records = [(code, name, kind, None) for code, (name, kind) in sorted(names.items())]
    return await filling.write_register_organisations(session, records, as_at=as_at, now=now)


async def fill_lists(session: Tx, parsed: Parsed[ListRow], *, now: datetime, step: Step) -> Filled:
    known = await filling.name_register_practices(session, (_unnamed(row.practice) for row in parsed.rows), now=now)
    lists = ((row.practice, row.as_at, LIST_SOURCE, None, row.registered, row.weighted, None) for row in parsed.rows)
    written = await filling.write_register_lists(session, lists, now=now)
    await step(0.3)
    statements = [
        _year_of(
            row.practice, row.commissioner, financial_year_start(financial_year(row.as_at)), MembershipSource.LIST_SIZES
        )
        for row in parsed.rows
        if row.commissioner
    ]
    names = {row.commissioner: (None, "commissioner") for row in parsed.rows if row.commissioner}
    organisations = await _name_organisations(session, names, as_at=parsed.as_at or london_date(now), now=now)
    recorded = await _record_publication(session, statements, now=now)
    await step(0.6)
    filled = _filled([row.practice for row in parsed.rows], [written, known], recorded, organisations=organisations)
    filled.outcome.warnings += _added_words(known) + await _disagreement_words(session, statements)
    return filled


async def fill_adjusted_lists(session: Tx, parsed: Parsed[AdjustedListRow], *, now: datetime, step: Step) -> Filled:
    """A source of its own, so that a list of the same day keeps its registered and weighted figures."""
    known = await filling.name_register_practices(session, (_unnamed(row.practice) for row in parsed.rows), now=now)
    lists = ((row.practice, row.as_at, ADJUSTED_SOURCE, None, None, None, row.adjusted) for row in parsed.rows)
    written = await filling.write_register_lists(session, lists, now=now)
    await step(0.6)
    filled = _filled([row.practice for row in parsed.rows], [written, known], None)
    filled.outcome.warnings += _added_words(known)
    return filled


async def fill_payments(session: Tx, parsed: Parsed[PaymentRow], *, now: datetime, step: Step) -> Filled:
    begins = parsed.as_at or london_date(now)
    today = london_date(now)
    known = await filling.name_register_practices(session, (_named(row, today) for row in parsed.rows), now=now)
    names = {row.commissioner: (row.commissioner_name, "commissioner") for row in parsed.rows if row.commissioner}
    names |= {row.network: (row.network_name, "network") for row in parsed.rows if row.network}
    organisations = await _name_organisations(session, names, as_at=begins, now=now)
    source = f"NHS Payments to General Practice {financial_year(begins)}"
    lists = (
        (row.practice, row.as_at, source, row.published_period, row.registered, row.weighted, None)
        for row in parsed.rows
        if row.registered is not None or row.weighted is not None
    )
    written = await filling.write_register_lists(session, lists, now=now)
    await step(0.3)
    facts = {row.practice: (row.contract, row.dispensing, row.rural, None, None, None, None) for row in parsed.rows}
    profiles, _ = await filling.write_register_profiles(session, facts, as_at=begins, now=now)
    statements = [
        _year_of(row.practice, row.commissioner, begins, MembershipSource.GP_PAYMENTS)
        for row in parsed.rows
        if row.commissioner
    ]
    recorded = await _record_publication(session, statements, now=now)
    await step(0.6)
    codes = [row.practice for row in parsed.rows]
    filled = _filled(codes, [written, known, profiles], recorded, organisations=organisations)
    filled.outcome.warnings += _added_words(known) + await _disagreement_words(session, statements)
    return filled


async def fill_profiles(session: Tx, parsed: Parsed[ProfileRow], *, now: datetime, step: Step) -> Filled:
    facts = {
        row.practice: (
            row.contract,
            row.dispensing,
            row.rural,
            row.single_handed,
            row.training,
            row.imd_score,
            row.imd_decile,
        )
        for row in parsed.rows
    }
    as_at = parsed.as_at or london_date(now)
    written, unknown = await filling.write_register_profiles(session, facts, as_at=as_at, now=now)
    await step(0.5)
    numbered = zip(parsed.numbers, parsed.rows, strict=True)
    errors = [
        RowError(number, "practice_code", "imports.unknown_practice", "The register has no practice of this code.")
        for number, row in numbered
        if row.practice in unknown
    ]
    filled = _filled([row.practice for row in parsed.rows if row.practice not in unknown], [written], None)
    filled.outcome.errors += errors
    return filled


def _unnamed(code: str) -> Sequence[Any]:
    return (code, code, PracticeStatus.ACTIVE, None, True, [], None, None, None, None)


def _named(row: PaymentRow, today: date) -> Sequence[Any]:
    closed = row.closed_on is not None and row.closed_on < today
    status = PracticeStatus.CLOSED if closed else PracticeStatus.ACTIVE
    lines = [row.address] if row.address else []
    opened, closes = row.opened_on, row.closed_on
    return (row.practice, row.name or row.practice, status, None, True, lines, row.postcode, None, opened, closes)


def _year_of(practice: str, commissioner: str, begins: date, source: MembershipSource) -> MembershipStatement:
    return MembershipStatement(practice, commissioner, begins, add_months(begins, 12), source, begins)


async def _record_publication(session: Tx, statements: Sequence[MembershipStatement], *, now: datetime) -> Recorded:
    # A file may hold several dates of one year; they are one statement of it.
    once = {(one.practice, one.valid_from): one for one in statements}
    return await record_memberships(session, list(once.values()), now=now)


def _added_words(known: Written) -> list[str]:
    if not known.created:
        return []
    return [f"Practices that the register does not have were added: {_some(sorted(known.created))}."]


async def _disagreement_words(session: Tx, statements: Sequence[MembershipStatement]) -> list[str]:
    found = await list_register_disagreements(session, statements)
    elsewhere = sorted({row.practice for row in found if not row.days})
    partly = sorted({row.practice for row in found if row.days} - set(elsewhere))
    words = []
    if elsewhere:
        words.append(f"The register's dates name another commissioner for that year, and stand: {_some(elsewhere)}.")
    if partly:
        words.append(f"The register's dates give only part of that year, and stand: {_some(partly)}.")
    return words


def _some(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - 10:,} more" if len(codes) > 10 else ""
    return f"{', '.join(codes[:10])}{more}"


def _filled(
    codes: Sequence[str], writes: Sequence[Written], recorded: Recorded | None, *, organisations: Written | None = None
) -> Filled:
    """Rows are counted by practice: made when anything of it is new in the first write, else updated when different."""
    practices = set(recorded.practices if recorded else ()).union(*(write.changed for write in writes))
    created = sum(code in writes[0].created for code in codes)
    updated = sum(code in practices and code not in writes[0].created for code in codes)
    outcome = ImportOutcome(created=created, updated=updated, unchanged=len(codes) - created - updated)
    return Filled(outcome, practices, bool(organisations and organisations.changed))


Filler = Callable[..., Awaitable[Filled]]
FILLERS: dict[FileKind, Filler] = {
    FileKind.ODS_PRACTICES: fill_practices,
    FileKind.ODS_MEMBERSHIPS: fill_memberships,
    FileKind.NETWORKS: fill_networks,
    FileKind.LIST_SIZES: fill_lists,
    FileKind.GP_PAYMENTS: fill_payments,
    FileKind.ADJUSTED_LISTS: fill_adjusted_lists,
    FileKind.PRACTICE_PROFILE: fill_profiles,
}
