"""What is gathered for each kind of message, for sending it and for a preview of it."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

from app.communications.repository.links import find_delivery
from app.communications.rules import facts as rules
from app.communications.tables import Announcement
from app.communications.values import Action, ActionKind, BrokenWay, Draft, Facts
from app.communications.values.webhooks import DisabledBecause
from app.core.clock import Period, london_date
from app.core.db import Tx
from app.core.ids import new_id
from app.core.wording import month_text
from app.forums.values import IssueRef
from app.payments.service import agreed_debt, find_late, released_statements
from app.people.service import get_person
from app.schemes.service import (
    claim_brief,
    consulted_until,
    describe_offer,
    describe_version,
    get_comment,
    get_scheme,
    participation_refs,
    session_requests,
)
from app.schemes.values import ParticipationRef, ParticipationState


async def offers(session: Tx, scheme_id: UUID, practices: Sequence[str], *, now: datetime) -> list[Facts]:
    """With the scheme in words and the practice's own figures. Whoever has answered is absent."""
    scheme = await get_scheme(session, scheme_id)
    waiting = await _in_state(session, scheme_id, practices, ParticipationState.OFFERED)
    words = await describe_offer(session, scheme_id, [part.practice for part in waiting], today=london_date(now))
    return [
        Facts(
            {
                "scheme": scheme.title,
                "practice": part.practice,
                "respond_by": part.respond_by,
                "words": words[part.practice],
            },
            part.practice,
            Action(ActionKind.OFFER, part.id),
        )
        for part in waiting
    ]


async def offers_due(session: Tx, scheme_id: UUID, practices: Sequence[str]) -> list[Facts]:
    scheme = await get_scheme(session, scheme_id)
    waiting = await _in_state(session, scheme_id, practices, ParticipationState.OFFERED)
    return [
        Facts(
            {"scheme": scheme.title, "practice": part.practice, "respond_by": part.respond_by},
            part.practice,
            Action(ActionKind.OFFER, part.id),
        )
        for part in waiting
    ]


async def sign_ups(session: Tx, scheme_id: UUID, practices: Sequence[str]) -> list[Facts]:
    scheme = await get_scheme(session, scheme_id)
    signed = await _in_state(session, scheme_id, practices, ParticipationState.ACCEPTED)
    return [
        Facts(
            {
                "scheme": scheme.title,
                "practice": part.practice,
                "signed_on": part.signed_on,
                "signatory": part.signatory.name if part.signatory else None,
            },
            part.practice,
        )
        for part in signed
    ]


async def _in_state(
    session: Tx, scheme_id: UUID, practices: Sequence[str], state: ParticipationState
) -> list[ParticipationRef]:
    parts = await participation_refs(session, scheme_id, practices)
    return [part for part in parts.values() if part.state is state]


async def claim(session: Tx, claim_id: UUID, step: int | None) -> Facts:
    """What happened to the claim by that step, or by the last, why, and what it comes to."""
    found = await claim_brief(session, claim_id, step)
    return Facts(
        {
            "scheme": found.scheme.title,
            "practice": found.practice,
            "period": found.period,
            "step": found.step,
            "amount": found.amount,
            "reason": found.reason,
        },
        found.practice,
    )


async def claims_open(
    session: Tx, scheme_id: UUID, practices: Sequence[str], period: Period, *, closes_on: date | None = None
) -> list[Facts]:
    """Claims for that time that the practices are to declare."""
    scheme = await get_scheme(session, scheme_id)
    return [
        Facts(
            {"scheme": scheme.title, "practice": practice, "period": period, "closes_on": closes_on},
            practice,
        )
        for practice in practices
    ]


async def sessions_asked(
    session: Tx, scheme_id: UUID, measure: str, month: Period, practices: Sequence[str]
) -> list[Facts]:
    """Of those practices that were asked which sessions they held in that month."""
    return [
        Facts(
            {"scheme": each.scheme_title, "practice": each.practice, "month": month_text(each.period)},
            each.practice,
            Action(ActionKind.SESSION, each.id),
        )
        for each in await session_requests(session, scheme_id, measure, month, practices)
    ]


async def consultation(session: Tx, scheme_id: UUID, n: int, *, now: datetime) -> Facts | None:
    """None where the version is no longer a draft."""
    until = await consulted_until(session, scheme_id, n)
    if until is None:
        return None
    scheme = await get_scheme(session, scheme_id)
    words = await describe_version(session, scheme_id, n, practice=None, today=london_date(now))
    return Facts({"scheme": scheme.title, "n": n, "until": until, "words": words.markdown})


async def comment(session: Tx, comment_id: UUID) -> tuple[Facts, UUID]:
    """And its author."""
    found = await get_comment(session, comment_id)
    fields = {"scheme": found.scheme.title, "n": found.n, "text": found.text, "answer": found.answer}
    return Facts(fields), found.author


async def statements(session: Tx, run_id: UUID) -> list[Facts]:
    """Of a released run. Those that move no money are absent."""
    run, found = await released_statements(session, run_id)
    scheme = await get_scheme(session, run.scheme_id)
    return [
        Facts(
            rules.statement_fields(each, run, scheme=scheme.title, query_days=scheme.query_days),
            each.practice,
        )
        for each in found
    ]


async def late_run(session: Tx, run_id: UUID, *, because: str, now: datetime) -> Facts | None:
    """None where it was paid meanwhile."""
    late = await find_late(session, run_id, on=london_date(now))
    if late is None:
        return None
    scheme = await get_scheme(session, late.run.scheme_id)
    return Facts(rules.late_run_fields(late, scheme=scheme.title, because=because))


async def arrangement(session: Tx, arrangement_id: UUID) -> Facts:
    debt = await agreed_debt(session, arrangement_id)
    scheme = await get_scheme(session, debt.scheme_id)
    return Facts(rules.debt_fields(debt, scheme=scheme.title))


async def money_role(session: Tx, person_id: UUID, role: str) -> Facts:
    person = await get_person(session, person_id)
    return Facts({"person": person.name, "role": role.replace("_", " ")})


def webhook_disabled(url: str, *, because: DisabledBecause, since: datetime | None) -> Facts:
    """The host alone: some write a secret into the rest of an address."""
    day = london_date(since) if since else None
    return Facts({"host": urlsplit(url).hostname, "because": because.value, "since": day})


def way_broken(way: BrokenWay, said: str, *, channel: str | None = None) -> Facts:
    return Facts({"way": way.value, "channel": channel, "said": said})


def issue_fields(issue: IssueRef, *, practice: str | None = None, is_closed: bool = False) -> Facts:
    asked = Action(ActionKind.ISSUE, issue.id) if practice else None
    return Facts({"title": issue.title, "practice": practice, "is_closed": is_closed}, practice, asked)


async def link_locked(session: Tx, delivery_id: UUID) -> list[Facts]:
    """Empty where the delivery has been dropped since."""
    found = await find_delivery(session, delivery_id)
    if found is None:
        return []
    delivery, message = found
    return [Facts({"title": message.subject, "practice": message.practice or delivery.practice})]


def draft_fields(draft: Draft) -> Facts:
    """Of an announcement that is not one yet: its link leads nowhere."""
    return Facts(
        {"title": draft.title, "body": draft.markdown, "acknowledge_by": draft.must_acknowledge_by},
        action=Action(ActionKind.ACKNOWLEDGE, new_id()) if draft.must_acknowledge_by else None,
    )


def announcement_fields(row: Announcement) -> Facts:
    return Facts(
        {"title": row.title, "body": row.body_markdown, "acknowledge_by": row.must_acknowledge_by},
        action=Action(ActionKind.ACKNOWLEDGE, row.id) if row.must_acknowledge_by else None,
    )
