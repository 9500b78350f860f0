"""Letters in words: the commissioner's own wording of a kind, or ours."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import structlog

from app.communications.events import TemplateFailed
from app.communications.repository.templates import TemplateRepository
from app.communications.rules.kinds import KINDS
from app.communications.rules.templating import is_sound, write
from app.communications.values import Facts, Letter, OwnTemplate, Template, TemplateKind, Worded
from app.core.audit import audit
from app.core.db import Tx
from app.core.events import emit
from app.organisations import service as organisations

log = structlog.get_logger("plenary.communications")


async def word(
    session: Tx,
    key: str,
    facts: Sequence[Facts],
    *,
    source_id: str,
    occasion: str = "",
    must_acknowledge_by: date | None = None,
) -> list[Letter]:
    """A letter for each of the facts. `MissingFields`, and no letter at all, where one cannot be written."""
    if not facts:
        return []
    kind = KINDS[key]
    own, named = await find_own(session, kind), await with_names(session, facts)
    # Thousands of letters take a while; the event loop goes on renewing the job's lease meanwhile.
    worded = await asyncio.to_thread(_write_all, kind, named, own)
    if own is not None:
        _report(session, kind, own, worded)
    return [
        Letter(
            source=kind.source,
            source_id=source_id,
            occasion=occasion,
            topic=kind.topic,
            urgency=kind.urgency,
            subject=words.subject,
            markdown=words.markdown,
            practice=each.recipient,
            must_acknowledge_by=must_acknowledge_by,
            action=each.action,
            template=key,
            template_version=words.version,
        )
        for each, words in zip(facts, worded, strict=True)
    ]


async def find_own(session: Tx, kind: TemplateKind) -> OwnTemplate | None:
    """The commissioner's published wording of the kind."""
    row = await TemplateRepository(session, session.tenant).find_published(kind.key)
    return OwnTemplate(row.n, Template(row.subject, row.body)) if row else None


def _write_all(kind: TemplateKind, facts: Sequence[Facts], own: OwnTemplate | None) -> list[Worded]:
    # Checked when it was published; a release since then may have taken a field away.
    if own is not None and not is_sound(kind, own.template):
        return [replace(write(kind, each), failure="Unsound") for each in facts]
    return [write(kind, each, own) for each in facts]


def _report(session: Tx, kind: TemplateKind, own: OwnTemplate, worded: Sequence[Worded]) -> None:
    """Letters that went out in our words, because the commissioner's own could not be used for them."""
    failures = [each.failure for each in worded if each.failure]
    if failures:
        log.error("message_template_failed", template=kind.key, version=own.n, letters=len(failures), why=failures[0])
        audit(session, "message_template.failed", kind.key, version=own.n, letters=len(failures))
        emit(session, TemplateFailed(subject=kind.key, template_version=own.n, letters=len(failures)))


async def with_names(session: Tx, facts: Sequence[Facts]) -> list[Facts]:
    """With the commissioner's name and, for codes of practices, their names: two queries for any number."""
    commissioner = (await organisations.get_commissioner(session)).name
    codes = {each.fields["practice"] for each in facts if each.fields.get("practice")}
    names = await organisations.organisation_names(session, codes) if codes else {}
    return [replace(each, fields=_completed(each.fields, commissioner, names)) for each in facts]


def _completed(fields: Mapping[str, Any], commissioner: str, names: Mapping[str, str]) -> Mapping[str, Any]:
    code = fields.get("practice")
    practice = {"code": code, "name": names.get(code, code)} if code else None
    return {**fields, "practice": practice, "commissioner": commissioner}
