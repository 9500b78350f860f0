"""Sessions that practices are asked about once a month, and confirm without signing in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from app.calculation import service as calculation
from app.calculation.errors import BrokenMonth
from app.calculation.values import Fact, PracticeInput
from app.core.clock import Period, add_months, london_date
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.events import emit
from app.core.principal import Principal
from app.meetings import service as meetings
from app.schemes.errors import FactsRefused
from app.schemes.events import SessionsDue
from app.schemes.repository.facts import FactRepository, FactSpan
from app.schemes.repository.schemes import SchemeRepository
from app.schemes.repository.sessions import SessionRequestRepository
from app.schemes.rules import evidence, sessions
from app.schemes.service.drafting import list_published_versions, read_definition
from app.schemes.service.evidence import record_facts
from app.schemes.service.figures import inputs_with_others, list_participants
from app.schemes.tables import SessionRequestRow
from app.schemes.values import (
    FactEntry,
    FactSource,
    SessionRequest,
    SessionsConfirmed,
    SessionsInWords,
    VersionRef,
)

Recorded = Mapping[str, Sequence[tuple[date, Decimal]]]
"""By practice: the days on which there was a session, and what each counts."""


async def ask_for_sessions(session: Tx, *, today: date) -> None:
    """Announce which practices are asked about the sessions of the month before, each of them once.

    Those whose scheme pays by the session, unless its sessions are meetings, of which the attendance is recorded; and
    without those who have recorded already all that counts.
    """
    month = sessions.month_asked(today)
    if month is None:
        return
    schemes = await SchemeRepository(session, session.tenant).list_begun(since=add_months(today, -13), on=today)
    for scheme in schemes:
        version = await _version_of(session, scheme.id, month)
        paid = calculation.sessions_paid(read_definition(version.definition)) if version else ()
        of_meetings = await meetings.measures_of_meetings(session, scheme.id) if paid else frozenset[str]()
        for each in paid:
            if each.fact not in of_meetings:
                await _ask(session, scheme.id, each.fact, each.max_per_month, month, today=today)


async def _ask(
    session: Tx, scheme_id: UUID, measure: str, max_per_month: int | None, month: Period, *, today: date
) -> None:
    taking_part = await list_participants(session, scheme_id, period=month)
    recorded = await _recorded(session, scheme_id, measure, month, taking_part)
    wanted = [
        code for code in taking_part if sessions.room_left(max_per_month, _total(recorded.get(code, ()))) != 0
    ]  # fmt: skip
    asked = await SessionRequestRepository(session, session.tenant).add(scheme_id, measure, month, wanted, on=today)
    if asked:
        due = SessionsDue(
            subject=str(scheme_id),
            measure=measure,
            period_from=month.valid_from.isoformat(),
            period_until=month.end.isoformat(),
            practices=asked,
        )
        emit(session, due)


async def session_requests(
    session: Tx, scheme_id: UUID, measure: str, month: Period, practices: Sequence[str]
) -> list[SessionRequest]:
    """What those of the practices were asked that were asked about that month."""
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id)
    rows = await SessionRequestRepository(session, session.tenant).list_of(scheme_id, measure, month, practices)
    return [_as_request(row, scheme.title) for row in rows]


async def sessions_in_words(session: Tx, request_id: UUID, *, today: date) -> SessionsInWords:
    """What is recorded of the month so far, whether more counts, and what one more is expected to earn."""
    row = await SessionRequestRepository(session, session.tenant).get(request_id)
    scheme = await SchemeRepository(session, session.tenant).get(row.scheme_id)
    month = _month_of(row)
    recorded = await _recorded_by(session, row)
    days = [day for day, _ in recorded]
    version = await _version_of(session, row.scheme_id, month)
    room = sessions.room_left(_cap(version, row.measure), _total(recorded))
    more = [sessions.sample_day(month, today, days)]
    return SessionsInWords(
        request=_as_request(row, scheme.title),
        recorded=tuple(days),
        room=room,
        next_counts_for=None if room == 0 else await _worth(session, row, version, more),
    )


async def confirm_sessions(
    session: Tx, request_id: UUID, days: Sequence[date], *, caller: Principal, external_id: str, now: datetime
) -> SessionsConfirmed:
    """Record a session of the practice on each of these days, as the practice itself would: the office confirms them before
    they are paid. `FactsRefused`, and nothing recorded, where one of the days cannot be. The first has `external_id`.
    """
    row = await SessionRequestRepository(session, session.tenant).get(request_id)
    if row.practice not in caller.practices("facts:enter"):
        raise Forbidden("Only the practice that was asked can confirm its sessions.")
    # Of two who confirm one day at a time, the second finds what the first has recorded.
    await FactRepository(session, session.tenant).lock(row.scheme_id)
    scheme = await SchemeRepository(session, session.tenant).get(row.scheme_id)
    month = _month_of(row)
    recorded = await _recorded_by(session, row)
    version = await _version_of(session, row.scheme_id, month)
    room = sessions.room_left(_cap(version, row.measure), _total(recorded))
    refused = sessions.refused_days(days, month, recorded=[day for day, _ in recorded], room=room)
    if refused:
        raise FactsRefused(errors=refused)
    # Worked out first: afterwards these days are among what is recorded.
    counts_for = await _worth(session, row, version, [day for day in days if day <= london_date(now)])
    await record_facts(
        session,
        row.scheme_id,
        [_entry(row, day, external_id if n == 0 else f"{external_id}:{n + 1}") for n, day in enumerate(days)],
        confirmed=False,
        source=FactSource.PRACTICE,
        recorded_by=caller.person_id,
        now=now,
    )
    return SessionsConfirmed(_as_request(row, scheme.title), tuple(days), counts_for)


def _entry(row: SessionRequestRow, day: date, external_id: str) -> FactEntry:
    return FactEntry(
        external_id=external_id, practice=row.practice, measure=row.measure, on=day, value=evidence.ONE
    )  # fmt: skip


async def _version_of(session: Tx, scheme_id: UUID, month: Period) -> VersionRef | None:
    """The newest that applies to some of the month."""
    published = await list_published_versions(session, scheme_id)
    return next((each for each in published if each.applies.overlaps(month)), None)


def _cap(version: VersionRef | None, measure: str) -> int | None:
    paid = calculation.sessions_paid(read_definition(version.definition)) if version else ()
    return next((each.max_per_month for each in paid if each.fact == measure), None)


async def _recorded_by(session: Tx, row: SessionRequestRow) -> Sequence[tuple[date, Decimal]]:
    found = await _recorded(session, row.scheme_id, row.measure, _month_of(row), [row.practice])
    return found.get(row.practice, ())


async def _recorded(session: Tx, scheme_id: UUID, measure: str, month: Period, practices: Sequence[str]) -> Recorded:
    span = FactSpan({measure: month.valid_from}, month.end)
    rows = await FactRepository(session, session.tenant).list_in_span(scheme_id, span, practices=practices)
    found: dict[str, list[tuple[date, Decimal]]] = {}
    for practice, _, _, on, value, *_ in rows:
        found.setdefault(practice, []).append((on, value))
    return found


def _total(recorded: Sequence[tuple[date, Decimal]]) -> Decimal:
    return sum((value for _, value in recorded), Decimal(0))


async def _worth(
    session: Tx, row: SessionRequestRow, version: VersionRef | None, days: Sequence[date]
) -> int | None:  # fmt: skip
    """Pence by which sessions on these days change the practice's live figure of the month; None where there is none."""
    period = version.applies.intersection(_month_of(row)) if version else None
    if version is None or period is None:
        return None
    inputs = await inputs_with_others(session, row.scheme_id, version, period=period, codes=[row.practice])
    more = [_with_sessions(each, row, days) if each.code == row.practice else each for each in inputs]
    definition = read_definition(version.definition)
    try:
        figures = [
            calculation.evaluate_possible(definition, period=period, practices=seen, include_unconfirmed=True)[0]
            for seen in (inputs, more)
        ]
    except BrokenMonth:
        return None
    totals = [next((each.total for each in found if each.code == row.practice), None) for found in figures]
    return None if totals[0] is None or totals[1] is None else totals[1] - totals[0]


def _with_sessions(practice: PracticeInput, row: SessionRequestRow, days: Sequence[date]) -> PracticeInput:
    fresh = [Fact(f"next:{n}", row.measure, day, evidence.ONE, None, confirmed=False) for n, day in enumerate(days)]
    return replace(practice, facts=(*practice.facts, *fresh))


def _month_of(row: SessionRequestRow) -> Period:
    return Period(row.period_from, row.period_until)


def _as_request(row: SessionRequestRow, title: str) -> SessionRequest:
    return SessionRequest(row.id, title, row.practice, _month_of(row))
