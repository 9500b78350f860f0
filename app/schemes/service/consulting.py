"""Consultation: the LMC is asked about a draft, says what it thinks, and is answered; all of it stays with the version."""

from datetime import date, datetime
from uuid import UUID

from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.core.repository import Expected
from app.schemes import events
from app.schemes.errors import (
    CommentAnswered,
    ConsultationClosed,
    ConsultationTooShort,
    SchemeClosed,
    VersionNotDraft,
    VersionNotPayable,
)
from app.schemes.repository.comments import CommentRepository
from app.schemes.repository.schemes import SchemeRepository, VersionRepository
from app.schemes.rules import versions
from app.schemes.service.checking import definition_errors, version_problems
from app.schemes.service.drafting import as_version_ref, get_scheme, read_definition, words_of
from app.schemes.tables import CommentRow, VersionRow
from app.schemes.values import CommentRef, SchemeState, VersionState


async def open_consultation(
    session: Tx, scheme_id: UUID, n: int, *, until: date, expected: Expected, now: datetime
) -> VersionRow:
    """From now on the LMC sees the draft. Asked again, it changes the day on which the consultation ends."""
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, n, for_update=True)
    expected.check(row.version)
    if row.state != VersionState.DRAFT:
        raise VersionNotDraft
    await _require_open_scheme(session, scheme_id)
    if not versions.is_consulted(until, on=london_date(now)):
        detail = "Name a day after today; it is the first on which nobody comments any more."
        raise ConsultationTooShort(errors=[FieldError("/until", ConsultationTooShort.code, detail)])
    # Nobody is asked about what could not be paid.
    problems = version_problems(read_definition(row.definition), applies=as_version_ref(row).applies)
    if problems:
        raise VersionNotPayable(errors=definition_errors(problems))
    row.consulted_at, row.consult_until = row.consulted_at or now, until
    await session.flush()
    audit(session, "scheme_version.consulted", scheme_id, n=n, until=until)
    emit(session, events.ConsultationOpened(subject=str(scheme_id), n=n, until=until.isoformat()))
    return row


async def add_comment(session: Tx, scheme_id: UUID, n: int, *, text: str, person_id: UUID, now: datetime) -> CommentRow:
    # Races with the publication, after which nothing is said any more.
    version = await VersionRepository(session, session.tenant).get_number(scheme_id, n, for_update=True)
    await _require_open_scheme(session, scheme_id)
    if version.state != VersionState.DRAFT or not versions.is_consulted(version.consult_until, on=london_date(now)):
        raise ConsultationClosed
    row = CommentRow(
        commissioner_id=session.tenant,
        scheme_id=scheme_id,
        n=n,
        words_digest=words_of(version).digest,
        text=text,
        author_id=person_id,
        created_at=now,
    )
    session.add(row)
    audit(session, "scheme_comment.made", row.id, scheme=scheme_id, n=n)
    emit(session, events.CommentMade(subject=str(row.id), scheme=str(scheme_id), n=n))
    return row


async def answer_comment(
    session: Tx,
    scheme_id: UUID,
    n: int,
    comment_id: UUID,
    *,
    text: str,
    person_id: UUID,
    expected: Expected,
    now: datetime,
) -> CommentRow:
    """Once, and before the version is published: afterwards nobody could take notice of it any more."""
    # Races with the publication, as a comment does.
    version = await VersionRepository(session, session.tenant).get_number(scheme_id, n, for_update=True)
    row = await CommentRepository(session, session.tenant).get_of(scheme_id, n, comment_id, for_update=True)
    expected.check(row.version)
    if version.state != VersionState.DRAFT:
        raise ConsultationClosed
    if row.answer is not None:
        raise CommentAnswered
    row.answer, row.answered_by, row.answered_at = text, person_id, now
    await session.flush()
    audit(session, "scheme_comment.answered", comment_id, scheme=scheme_id, n=n)
    emit(session, events.CommentAnswered(subject=str(comment_id), scheme=str(scheme_id), n=n))
    return row


async def get_comment(session: Tx, comment_id: UUID) -> CommentRef:
    row = await CommentRepository(session, session.tenant).get(comment_id)
    scheme = await get_scheme(session, row.scheme_id)
    return CommentRef(scheme, row.n, row.text, row.author_id, row.answer)


async def consulted_until(session: Tx, scheme_id: UUID, n: int) -> date | None:
    """The day on which the consultation ends; None where the version is no longer a draft."""
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, n)
    return row.consult_until if row.state == VersionState.DRAFT else None


async def _require_open_scheme(session: Tx, scheme_id: UUID) -> None:
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id)
    if scheme.state == SchemeState.CLOSED:
        raise SchemeClosed
