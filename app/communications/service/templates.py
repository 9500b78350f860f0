"""A commissioner's own wording: written, checked, published, withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.communications.errors import TemplateInvalid, TemplateKindNotFound, TemplateNotDraft
from app.communications.events import TemplateChanged
from app.communications.repository.templates import TemplateRepository
from app.communications.rules.kinds import KINDS
from app.communications.rules.templating import find_flaws, system_template
from app.communications.tables import MessageTemplate
from app.communications.values import Flaw, Template, TemplateKind, TemplateState
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden
from app.core.etag import digest_etag
from app.core.events import emit
from app.core.principal import Principal
from app.core.repository import Expected

WRITE = "templates:write"


@dataclass(frozen=True, slots=True)
class Wording:
    """A kind, how we word it, and how the commissioner does."""

    kind: TemplateKind
    ours: Template
    own: MessageTemplate | None


def get_kind(key: str) -> TemplateKind:
    kind = KINDS.get(key)
    if kind is None:
        raise TemplateKindNotFound
    return kind


async def list_wordings(session: Tx) -> list[Wording]:
    published = {row.kind: row for row in await TemplateRepository(session, session.tenant).list_published()}
    return [Wording(kind, system_template(key), published.get(key)) for key, kind in KINDS.items()]


async def get_wording(session: Tx, key: str) -> Wording:
    kind = get_kind(key)
    own = await TemplateRepository(session, session.tenant).find_published(key)
    return Wording(kind, system_template(key), own)


async def write_version(
    session: Tx, caller: Principal, key: str, template: Template, *, reason: str, now: datetime
) -> MessageTemplate:
    """A draft, which has been checked and is used once it is published."""
    require_whole(caller)
    check(get_kind(key), template)
    row = MessageTemplate(
        commissioner_id=session.tenant,
        kind=key,
        n=await TemplateRepository(session, session.tenant).next_number(key),
        subject=template.subject,
        body=template.body,
        reason=reason,
        state=TemplateState.DRAFT,
        written_by=caller.person_id,
        written_at=now,
    )
    session.add(row)
    # Flushed here, so that a number that somebody else took meanwhile is refused by this call and not at the commit.
    await session.flush()
    audit(session, "message_template.written", key, version=row.n)
    return row


def check(kind: TemplateKind, template: Template) -> None:
    """`TemplateInvalid` with each flaw at its part and line."""
    flaws = find_flaws(kind, template)
    if flaws:
        raise TemplateInvalid(errors=_errors(flaws))


def _errors(flaws: Sequence[Flaw]) -> list[FieldError]:
    return [FieldError(f"/{flaw.part}", flaw.code, flaw.detail) for flaw in flaws]


async def publish_version(
    session: Tx, caller: Principal, key: str, n: int, *, expected: Expected, now: datetime
) -> MessageTemplate:
    """From now on messages of the kind are written in it, and no longer in what was published before."""
    require_whole(caller)
    kind = get_kind(key)
    rows = TemplateRepository(session, session.tenant)
    # The one that is used first: two publications at a time meet there, and a withdrawal with either.
    before = await rows.find_published(key, for_update=True)
    row = await rows.get_number(key, n, for_update=True)
    expected.check(row.version)
    if row.state != TemplateState.DRAFT:
        raise TemplateNotDraft
    # What fields there are may have changed since it was written.
    check(kind, Template(row.subject, row.body))
    if before is not None:
        _withdraw(before, caller, now)
        # Flushed here, as two may not be published at a time, not even within a transaction.
        await session.flush()
    row.state, row.published_by, row.published_at = TemplateState.PUBLISHED, caller.person_id, now
    await session.flush()
    _announce(session, "message_template.published", key, n)
    return row


async def withdraw_wording(session: Tx, caller: Principal, key: str, *, expected: Expected, now: datetime) -> Wording:
    """Back to our wording. A second time changes nothing."""
    require_whole(caller)
    kind = get_kind(key)
    row = await TemplateRepository(session, session.tenant).find_published(key, for_update=True)
    wording = Wording(kind, system_template(key), row)
    if expected.is_given:
        expected.check_tag(wording_tag(wording))
    if row is not None:
        _withdraw(row, caller, now)
        await session.flush()
        _announce(session, "message_template.withdrawn", key, row.n)
    return Wording(kind, wording.ours, None)


def wording_tag(wording: Wording) -> str:
    """The ETag of a kind: it moves with what is published, and with a release that words it otherwise."""
    own = wording.own
    return digest_etag(wording.kind.key, wording.ours, own.n if own else None)


def _withdraw(row: MessageTemplate, caller: Principal, now: datetime) -> None:
    row.state, row.withdrawn_by, row.withdrawn_at = TemplateState.WITHDRAWN, caller.person_id, now


def _announce(session: Tx, action: str, key: str, n: int) -> None:
    audit(session, action, key, version=n)
    emit(session, TemplateChanged(subject=key))


def require_whole(caller: Principal) -> None:
    """It is what every practice reads, so a locality's editor does not word it."""
    if not caller.covers_commissioner(WRITE):
        raise Forbidden("Wording is the whole commissioner's: your role holds for a part of it.")
