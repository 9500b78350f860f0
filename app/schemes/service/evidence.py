"""Facts: recorded by practices, by the office and from attendance; confirmed; corrected by superseding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app.access import service as access
from app.calculation import service as calculation
from app.calculation.values import MeasuredIn
from app.core.audit import audit
from app.core.clock import Period, london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.ids import new_id
from app.meetings import service as meetings
from app.meetings.values import AttendanceRef
from app.schemes.errors import FactChanged, FactNotFound, FactsRefused, OwnPractice, SchemeNotFound
from app.schemes.repository.facts import FactRepository
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.repository.schemes import SchemeRepository, VersionRepository
from app.schemes.rules import evidence, joining
from app.schemes.service.drafting import read_definition
from app.schemes.service.voiding import void_moved
from app.schemes.tables import FactRow, VersionRow
from app.schemes.values import FactEntry, FactOutcome, FactSource, FactState, VersionState, scheme_year

_OF_ATTENDANCE: Final = "attendance:"
# Where a meeting says what a fact says.
_OF_MEETING: Final = {"/facts/0/on": "/starts_at", "/facts/0/measure": "/measure"}


async def record_facts(
    session: Tx,
    scheme_id: UUID,
    facts: Sequence[FactEntry],
    *,
    confirmed: bool,
    source: FactSource,
    recorded_by: UUID | None,
    now: datetime,
) -> FactOutcome:
    """All or none. The same facts again change nothing; a different one with a known id supersedes it."""
    await SchemeRepository(session, session.tenant).get(scheme_id)
    repository = FactRepository(session, session.tenant)
    await repository.lock(scheme_id)
    current = await repository.list_current(scheme_id, [fact.external_id for fact in facts])
    known = {external_id: _as_known(row) for external_id, row in current.items()}
    from_meeting = source is FactSource.ATTENDANCE
    if confirmed and not from_meeting:
        touched = [(fact.practice, fact.on) for fact in facts]
        touched += [(row.practice, row.happened_on) for row in current.values()]
        await _require_no_tie(session, recorded_by, touched, now=now)
    refused = evidence.refused_facts(facts, known, may_correct=confirmed or from_meeting)
    if not from_meeting:
        refused += await unfit_facts(session, scheme_id, facts, now=now)
    if refused:
        raise FactsRefused(errors=refused)
    plan = evidence.plan_facts(facts, known, confirmed=confirmed)
    if plan.superseded:
        await repository.supersede([current[external_id].id for external_id in plan.superseded], now=now)
    if plan.written:
        stamp = _stamp(session, scheme_id, confirmed=confirmed, source=source, recorded_by=recorded_by, now=now)
        await repository.add([_row(fact, stamp) for fact in plan.written])
        if confirmed and not from_meeting:
            await _confirm_attendances(
                session, [current[f.external_id] for f in plan.written if f.external_id in current]
            )
    if plan.superseded or plan.written:
        await void_moved(session, scheme_id, _practices(facts, current), now=now)
        audit(session, "scheme_facts.recorded", scheme_id, source=source.value, **_counts(plan.outcome))
    return plan.outcome


async def record_attendance(session: Tx, attendance_id: UUID, *, now: datetime) -> FactOutcome:
    """One attendance is one fact of value 1; an attendance taken back withdraws its own fact and no other.

    A list that confirms nothing leaves a confirmed fact as it is: it was confirmed while the list was sent. Of a practice
    that is not in the scheme on that day it is none; `record_attendance_of` records it once the practice is.
    """
    # Before the attendance is read, so that of two corrections the later one is never overwritten by the earlier.
    await FactRepository(session, session.tenant).lock(attendance_id)
    attendance = await meetings.get_attendance(session, attendance_id)
    if attendance.scheme_id is None or attendance.measure is None:
        return FactOutcome()
    return await _record_alike(session, attendance.scheme_id, [attendance], now=now)


async def record_attendance_of(session: Tx, scheme_id: UUID, practices: Sequence[str], *, now: datetime) -> None:
    """What practices whose agreement is new or another have attended becomes evidence as far as they are in the scheme."""
    # Before attendances are read, so that one recorded meanwhile waits and then sees the agreement.
    await FactRepository(session, session.tenant).lock(scheme_id)
    alike = dict[tuple[bool, UUID | None], list[AttendanceRef]]()
    for each in await meetings.list_attendances(session, scheme_id, practices):
        alike.setdefault((each.is_confirmed, each.recorded_by), []).append(each)
    for attendances in alike.values():
        await _record_alike(session, scheme_id, attendances, now=now)


async def _record_alike(
    session: Tx, scheme_id: UUID, attendances: Sequence[AttendanceRef], *, now: datetime
) -> FactOutcome:
    """Attendances that one person recorded, all of them confirmed or none."""
    first = attendances[0]
    await FactRepository(session, session.tenant).lock(scheme_id)
    agreed = await _agreed(session, scheme_id, [each.practice for each in attendances])
    entries = [_attended(each, agreed.get(each.practice)) for each in attendances]
    kept = set[str]() if first.is_confirmed else await _confirmed_among(session, scheme_id, entries)
    for external_id in sorted(kept):
        audit(session, "scheme_facts.kept", scheme_id, external_id=external_id)
    outcome = await record_facts(
        session,
        scheme_id,
        [entry for entry in entries if entry.external_id not in kept],
        confirmed=first.is_confirmed,
        source=FactSource.ATTENDANCE,
        recorded_by=first.recorded_by,
        now=now,
    )
    return replace(outcome, unchanged=outcome.unchanged + len(kept))


def _attended(attendance: AttendanceRef, term: Period | None) -> FactEntry:
    counts = term is not None and term.contains(attendance.on) and not attendance.is_removed
    return FactEntry(
        external_id=f"{_OF_ATTENDANCE}{attendance.id}",
        practice=attendance.practice,
        measure=attendance.measure or "",
        on=attendance.on,
        value=evidence.ONE if counts else None,
    )


async def _confirmed_among(session: Tx, scheme_id: UUID, entries: Sequence[FactEntry]) -> set[str]:
    facts = await FactRepository(session, session.tenant).list_current(
        scheme_id, [each.external_id for each in entries]
    )
    return {external_id for external_id, fact in facts.items() if fact.state == FactState.CONFIRMED}


async def _confirm_attendances(session: Tx, facts: Iterable[FactRow]) -> None:
    """Those of the facts that came of attendance lists, which then no longer take them back."""
    ids = [fact.external_id.removeprefix(_OF_ATTENDANCE) for fact in facts if fact.source == FactSource.ATTENDANCE]
    if ids:
        await meetings.confirm_attendances(session, [UUID(each) for each in ids])


async def refuse_meeting(session: Tx, scheme_id: UUID, measure: str, on: date) -> list[FieldError]:
    """Why a meeting's attendance would never be counted, as for facts that are sent.

    Before the first version is published its measures may still change, so that the scheme's year alone is compared.
    """
    try:
        scheme = await SchemeRepository(session, session.tenant).get(scheme_id)
    except SchemeNotFound:
        # The meeting's reference to the scheme says so.
        return []
    versions = await VersionRepository(session, session.tenant).list_of(scheme_id)
    year = scheme_year(scheme.starts_on)
    is_published = any(version.state == VersionState.PUBLISHED for version in versions)
    counted = _counted(versions) if is_published else evidence.Evidence(frozenset({measure}), frozenset(), (year,))
    fact = FactEntry(external_id="", practice="", measure=measure, on=on, value=evidence.ONE)
    refused = evidence.facts_outside_scheme([fact], {}, counted=counted)
    return [replace(each, pointer=_OF_MEETING[each.pointer]) for each in refused if each.pointer in _OF_MEETING]


async def confirm_facts(
    session: Tx,
    scheme_id: UUID,
    chosen: Sequence[UUID] | Sequence[str],
    *,
    reach: frozenset[str] | None,
    confirmed_by: UUID | None,
    now: datetime,
) -> FactOutcome:
    """All or none; a fact that is confirmed already stays as it is. `reach` are the caller's practices; None is all.

    A fact is chosen by its own id, which stands for what it says, or by its external id, which stands for whatever it
    says by now.
    """
    await SchemeRepository(session, session.tenant).get(scheme_id)
    # A correction waits here, or has been made and is found.
    await FactRepository(session, session.tenant).lock(scheme_id)
    found = await _chosen(session, scheme_id, chosen, reach=reach)
    waiting = [row for row in found if row.state == FactState.ENTERED]
    await _require_no_tie(session, confirmed_by, [(row.practice, row.happened_on) for row in waiting], now=now)
    if waiting:
        await FactRepository(session, session.tenant).confirm([row.id for row in waiting], now=now, by=confirmed_by)
        await _confirm_attendances(session, waiting)
        audit(session, "scheme_facts.confirmed", scheme_id, confirmed=len(waiting))
    return FactOutcome(changed=len(waiting), unchanged=len(found) - len(waiting))


async def _chosen(
    session: Tx, scheme_id: UUID, chosen: Sequence[UUID] | Sequence[str], *, reach: frozenset[str] | None
) -> Sequence[FactRow]:
    repository = FactRepository(session, session.tenant)
    ids = [each for each in chosen if isinstance(each, UUID)]
    found: dict[UUID | str, FactRow] = (
        {row.id: row for row in await repository.list_chosen(scheme_id, ids)}
        if ids
        else {**await repository.list_current(scheme_id, [str(each) for each in chosen])}
    )
    member = "ids" if ids else "external_ids"
    missing = [
        FieldError(f"/{member}/{place}", FactNotFound.code, "There is no such fact in this scheme.")
        for place, each in enumerate(chosen)
        if each not in found or (reach is not None and found[each].practice not in reach)
    ]
    if missing:
        raise FactsRefused(errors=missing)
    moved = [
        FieldError(f"/{member}/{place}", FactChanged.code, "It was corrected or withdrawn since.")
        for place, each in enumerate(chosen)
        if found[each].superseded_at is not None
    ]
    if moved:
        raise FactChanged("Nothing was confirmed. Read the facts again.", errors=moved)
    return list(found.values())


async def _require_no_tie(
    session: Tx, person: UUID | None, facts: Iterable[tuple[str, date]], *, now: datetime
) -> None:
    """A confirmed fact is paid, so whoever confirms it decides about the practice's money. `facts`: practice and day."""
    days = dict[str, date]()
    for practice, day in facts:
        days[practice] = min(day, days.get(practice, day))
    if person is None or not days:
        return
    own = await access.own_practices(session, person, since=min(days.values()), today=london_date(now))
    if tied := own & days.keys():
        raise OwnPractice(
            f"You have, or had then, a post or a role at {', '.join(sorted(tied))}, or where it was taken over; somebody else confirms its facts."
        )


async def unfit_facts(session: Tx, scheme_id: UUID, facts: Sequence[FactEntry], *, now: datetime) -> list[FieldError]:
    """Facts of days to come, whose practice has no agreement, or that no version would ever count."""
    agreed = await _agreed(session, scheme_id, [fact.practice for fact in facts])
    versions = await VersionRepository(session, session.tenant).list_of(scheme_id)
    outside = evidence.facts_outside_scheme(facts, agreed, counted=_counted(versions))
    return [*evidence.facts_in_future(facts, today=london_date(now)), *outside]


async def _agreed(session: Tx, scheme_id: UUID, practices: Sequence[str]) -> dict[str, Period]:
    found = await ParticipationRepository(session, session.tenant).list_agreements(scheme_id, sorted(set(practices)))
    return joining.agreement_terms(found)


def _counted(versions: Sequence[VersionRow]) -> evidence.Evidence:
    definitions = [read_definition(version.definition) for version in versions]
    needed = [calculation.measures_needed(each) for each in definitions]
    units: dict[str, set[MeasuredIn]] = {}
    for measure in (measure for each in definitions for measure in each.measures.values()):
        for name in measure.facts_read():
            units.setdefault(name, set()).add(measure.measured_in)
    return evidence.Evidence(
        names=frozenset(name for each in needed for name in each.facts),
        may_be_negative=frozenset(name for each in needed for name in each.may_be_negative),
        applies=tuple(Period(version.applies_from, version.applies_until) for version in versions),
        # A name that something else reads as well may mean another number there.
        parts=frozenset(name for name, read_as in units.items() if read_as == {MeasuredIn.SHARE}),
        rates=frozenset(name for name, read_as in units.items() if read_as == {MeasuredIn.PER_CENT}),
    )


def _practices(facts: Sequence[FactEntry], current: Mapping[str, FactRow]) -> set[str]:
    """Those that facts are recorded for, and those that they stood for before."""
    return {*(fact.practice for fact in facts), *(row.practice for row in current.values())}


def _counts(done: FactOutcome) -> dict[str, Any]:
    return {"created": done.created, "changed": done.changed, "removed": done.removed}


def _as_known(row: FactRow) -> evidence.KnownFact:
    entry = FactEntry(
        external_id=row.external_id,
        practice=row.practice,
        measure=row.measure,
        on=row.happened_on,
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
        subject=row.subject,
        note=row.note,
    )
    return evidence.KnownFact(entry, FactState(row.state))


def _stamp(
    session: Tx, scheme_id: UUID, *, confirmed: bool, source: FactSource, recorded_by: UUID | None, now: datetime
) -> dict[str, Any]:
    return {
        "commissioner_id": session.tenant,
        "scheme_id": scheme_id,
        "state": FactState.CONFIRMED if confirmed else FactState.ENTERED,
        "source": source,
        "recorded_at": now,
        "recorded_by": recorded_by,
        "confirmed_at": now if confirmed else None,
        "confirmed_by": recorded_by if confirmed else None,
    }


def _row(fact: FactEntry, stamp: dict[str, Any]) -> dict[str, Any]:
    return stamp | {
        "id": new_id(),
        "external_id": fact.external_id,
        "practice": fact.practice,
        "measure": fact.measure,
        "happened_on": fact.on,
        "value": fact.value,
        "numerator": fact.numerator,
        "denominator": fact.denominator,
        "subject": fact.subject,
        "note": fact.note,
    }
