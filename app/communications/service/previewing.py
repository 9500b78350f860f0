"""Previews: a wording filled in with what is real, as far as that is asked for, and sent to nobody."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app.communications.errors import TemplateInvalid
from app.communications.repository import reach
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.repository.teams import TeamsChannelRepository
from app.communications.repository.templates import TemplateRepository
from app.communications.repository.webhooks import WebhookEndpointRepository
from app.communications.rules.facts import query_fields
from app.communications.rules.previewing import warnings_of
from app.communications.rules.rendering import render_markdown
from app.communications.rules.templating import example_fields, find_flaws, system_template, write
from app.communications.service import facts
from app.communications.service.letters import recipients
from app.communications.service.notices import WHO_DEALS_WITH_IT
from app.communications.service.personal import facts_for_one
from app.communications.service.templates import check, get_kind, require_whole
from app.communications.service.wording import find_own, with_names
from app.communications.values import (
    BrokenWay,
    Facts,
    Meant,
    OwnTemplate,
    Preview,
    Template,
    TemplateField,
    TemplateKind,
)
from app.communications.values.webhooks import DisabledBecause
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden, InvalidRequest, NotFound
from app.core.principal import Principal
from app.forums.service import get_issue
from app.organisations.service import get_practices
from app.payments.service import query_brief
from app.payments.values import Lateness
from app.people.service import get_person
from app.schemes.service import get_scheme


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which words are to be shown (those written here, a version of one's own, or what is used now), for whom, and of what."""

    subject: str | None = None
    body: str | None = None
    version: int | None = None
    practice: str | None = None
    person: UUID | None = None
    subject_id: UUID | None = None


async def preview_template(session: Tx, caller: Principal, key: str, wanted: Wanted, *, now: datetime) -> Preview:
    require_whole(caller)
    kind = get_kind(key)
    template, version = await _template(session, kind, wanted)
    to = await _recipient(session, wanted, now=now)
    real = await _real(session, caller, kind, wanted, now=now)
    filled, invented = await _completed(session, kind, real, wanted.practice)
    worded = write(kind, filled, OwnTemplate(version or 0, template))
    rendered = render_markdown(worded.markdown)
    warnings = list(warnings_of(template, worded, invented=invented))
    if wanted.practice and to is None:
        warnings.append(
            "Nobody would get it: the practice has neither a lead or manager with an address nor a mailbox."
        )
    shown = None if worded.failure else version
    return Preview(worded.subject, rendered.text, rendered.html, shown, to, tuple(warnings))


async def _template(session: Tx, kind: TemplateKind, wanted: Wanted) -> tuple[Template, int | None]:
    """What was written here goes over the version that is named, and that over what is used now."""
    if wanted.version is not None:
        row = await TemplateRepository(session, session.tenant).get_number(kind.key, wanted.version)
        base, version = Template(row.subject, row.body), row.n
        if wanted.subject is None and wanted.body is None and find_flaws(kind, base):
            # What fields there are has changed since it was written.
            raise TemplateInvalid(errors=[FieldError("/version", "unsound", "This version can no longer be used.")])
    else:
        own = await find_own(session, kind)
        base, version = (own.template, own.n) if own else (system_template(kind.key), None)
    if wanted.subject is None and wanted.body is None:
        return base, version
    template = Template(wanted.subject or base.subject, wanted.body or base.body)
    check(kind, template)
    return template, None


async def _recipient(session: Tx, wanted: Wanted, *, now: datetime) -> tuple[str, bool] | None:
    """The person, or whoever of the practice would get it first."""
    try:
        if wanted.person is not None:
            return (await get_person(session, wanted.person)).name, False
        if wanted.practice is None:
            return None
        await get_practices(session, [wanted.practice])
    except NotFound as error:
        where = "/person" if wanted.person else "/practice"
        raise InvalidRequest(errors=[FieldError(where, "unknown", "This is not known here.")]) from error
    meant = Meant(roles=WHO_DEALS_WITH_IT, practices=(wanted.practice,))
    return await reach.find_first(session, recipients(session.tenant, meant, now=now))


async def _real(
    session: Tx, caller: Principal, kind: TemplateKind, wanted: Wanted, *, now: datetime
) -> Mapping[str, Any]:
    """What is known of the thing that is named, for whoever may read it."""
    if wanted.subject_id is None:
        return {}
    if not caller.covers_commissioner(kind.scope):
        raise Forbidden(f"To see {kind.subject} in a preview needs {kind.scope} for the whole commissioner.")
    try:
        found = await _GATHERED[kind.key](session, wanted.subject_id, wanted.practice, now)
    except NotFound as error:
        unknown = FieldError("/subject_id", "unknown", f"It is the id of {kind.subject}; this one is not known here.")
        raise InvalidRequest(errors=[unknown]) from error
    if found is None:
        nothing = FieldError(
            "/subject_id", "nothing_to_tell", "There is no such message about this, or not to this practice."
        )
        raise InvalidRequest(errors=[nothing])
    return found.fields


async def _completed(
    session: Tx, kind: TemplateKind, real: Mapping[str, Any], practice: str | None
) -> tuple[Facts, list[str]]:
    """With examples for what is not known, and which fields those are."""
    if practice and not real.get("practice"):
        real = {**real, "practice": practice}
    [named] = await with_names(session, [Facts(real)])
    examples = example_fields(kind.fields)
    known = {
        field.name: named.fields[field.name]
        for field in kind.fields
        if _is_known(field, named.fields.get(field.name)) or (field.is_optional and field.name in real)
    }
    return Facts(examples | known), [name for name in examples if name not in known]


def _is_known(field: TemplateField, value: Any) -> bool:
    """What has happened to a claim, say, may be nothing that its practice is told of."""
    return value is not None and (not field.choices or value in field.choices)


Gather = Callable[[Tx, UUID, str | None, datetime], Awaitable[Facts | None]]


def _only(found: list[Facts]) -> Facts | None:
    return found[0] if found else None


async def _offer(session: Tx, scheme: UUID, practice: str | None, now: datetime) -> Facts | None:
    return _only(await facts.offers(session, scheme, [practice] if practice else [], now=now))


async def _offer_due(session: Tx, scheme: UUID, practice: str | None, now: datetime) -> Facts | None:
    return _only(await facts.offers_due(session, scheme, [practice] if practice else []))


async def _sign_up(session: Tx, scheme: UUID, practice: str | None, now: datetime) -> Facts | None:
    return _only(await facts.sign_ups(session, scheme, [practice] if practice else []))


async def _claim(session: Tx, claim: UUID, practice: str | None, now: datetime) -> Facts | None:
    return await facts.claim(session, claim, None)


async def _scheme(session: Tx, scheme: UUID, practice: str | None, now: datetime) -> Facts | None:
    return Facts({"scheme": (await get_scheme(session, scheme)).title})


async def _comment(session: Tx, comment: UUID, practice: str | None, now: datetime) -> Facts | None:
    return (await facts.comment(session, comment))[0]


async def _statement(session: Tx, run: UUID, practice: str | None, now: datetime) -> Facts | None:
    return next((each for each in await facts.statements(session, run) if each.recipient == practice), None)


async def _late_run(session: Tx, run: UUID, practice: str | None, now: datetime) -> Facts | None:
    return await facts.late_run(session, run, because=Lateness.UNPAID, now=now)


async def _arrangement(session: Tx, arrangement: UUID, practice: str | None, now: datetime) -> Facts | None:
    return await facts.arrangement(session, arrangement)


async def _person(session: Tx, person: UUID, practice: str | None, now: datetime) -> Facts | None:
    return Facts({"person": (await get_person(session, person)).name})


async def _query(session: Tx, query: UUID, practice: str | None, now: datetime) -> Facts | None:
    return Facts(query_fields(await query_brief(session, query)))


async def _issue(session: Tx, issue: UUID, practice: str | None, now: datetime) -> Facts | None:
    return facts.issue_fields(await get_issue(session, issue), practice=practice)


async def _announcement(session: Tx, announcement: UUID, practice: str | None, now: datetime) -> Facts | None:
    row = await AnnouncementRepository(session, session.tenant).get(announcement)
    if row.is_personalised:
        return await facts_for_one(session, row, practice, now=now)
    return facts.announcement_fields(row)


async def _link(session: Tx, delivery: UUID, practice: str | None, now: datetime) -> Facts | None:
    return next(iter(await facts.link_locked(session, delivery)), None)


async def _webhook(session: Tx, endpoint: UUID, practice: str | None, now: datetime) -> Facts | None:
    found = await WebhookEndpointRepository(session, session.tenant).get(endpoint)
    because = DisabledBecause(found.disabled_because or DisabledBecause.FAILING)
    return facts.webhook_disabled(found.url, because=because, since=found.failing_since)


async def _way(session: Tx, channel: UUID, practice: str | None, now: datetime) -> Facts | None:
    found = await TeamsChannelRepository(session, session.tenant).get(channel)
    return facts.way_broken(BrokenWay.TEAMS, found.last_error or "410 Gone", channel=found.name)


_GATHERED: Final[Mapping[str, Gather]] = MappingProxyType(
    {
        "offer": _offer,
        "offer_due": _offer_due,
        "sign_up": _sign_up,
        "claim": _claim,
        "claim_due": _scheme,
        "claim_prepared": _scheme,
        "session": _scheme,
        "consultation": _scheme,
        "comment": _comment,
        "comment_answered": _comment,
        "statement": _statement,
        "late_run": _late_run,
        "arrangement": _arrangement,
        "money_role": _person,
        "query_opened": _query,
        "query_shared": _query,
        "query_message": _query,
        "correction_proposed": _query,
        "correction_refused": _query,
        "correction_corrected": _query,
        "query_answered": _query,
        "query_overdue": _query,
        "issue_asked": _issue,
        "issue_answered": _issue,
        "announcement": _announcement,
        "must_read_due": _announcement,
        "must_read_overdue": _announcement,
        "link_locked": _link,
        "webhook_disabled": _webhook,
        "way_broken": _way,
    }
)
