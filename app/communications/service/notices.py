"""Notices: what practices are told because something happened to them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.access.service import list_holders
from app.access.values import MONEY_ROLES, Role
from app.communications.rules import wording
from app.communications.service.letters import post_letters
from app.communications.values import Audience, Letter, Source, Topic, Urgency
from app.core.clock import london_date
from app.core.db import Tx
from app.forums.service import get_issue, list_asked, list_followers
from app.organisations import service as organisations
from app.payments.service import agreed_debt, find_late, released_statements
from app.people.service import get_person
from app.people.values import PostRole
from app.schemes.service import describe_offer, get_scheme, participation_refs
from app.schemes.values import ParticipationState

WHO_DEALS_WITH_IT = (PostRole.NAMED_LEAD.value, PostRole.PRACTICE_MANAGER.value)


async def notify_statements(session: Tx, run_id: UUID, *, now: datetime) -> None:
    """Each practice's statement to its lead and manager, or to its mailbox. Nothing is said where no money moves."""
    run, statements = await released_statements(session, run_id)
    scheme = await get_scheme(session, run.scheme_id)
    letters = [
        Letter(
            source=Source.STATEMENT,
            source_id=str(run_id),
            topic=Topic.STATEMENTS,
            urgency=Urgency.ROUTINE,
            subject=wording.statement_subject(scheme=scheme.title, payments=statement.payments),
            markdown=wording.statement_body(
                scheme=wording.plain_line(scheme.title),
                practice=statement.practice,
                reference=statement.reference,
                period=run.period,
                total=statement.total,
                pay_by=run.pay_by,
                lines=statement.sentences,
                payments=statement.payments,
            ),
            practice=statement.practice,
        )
        for statement in statements
    ]
    await tell_practices(session, letters, now=now)


async def notify_late_run(session: Tx, run_id: UUID, *, because: str, now: datetime) -> None:
    """Whoever asks for runs, releases them or audits them learns that one is late, unless it was paid meanwhile."""
    today = london_date(now)
    late = await find_late(session, run_id, on=today)
    if late is None:
        return
    scheme = await get_scheme(session, late.run.scheme_id)
    letter = Letter(
        source=Source.LATE_RUN,
        source_id=str(run_id),
        occasion=because,
        topic=Topic.STATEMENTS,
        urgency=Urgency.IMPORTANT,
        subject=wording.late_run_subject(scheme=scheme.title, because=because),
        markdown=wording.late_run_body(scheme=scheme.title, late=late, because=because),
    )
    told = await list_holders(session, {Role.SCHEME_MANAGER, Role.PAYMENTS_RELEASER, Role.AUDITOR}, now)
    await post_letters(session, [letter], Audience(roles=(), practices=(), people=told), now=now)


async def notify_arrangement(session: Tx, arrangement_id: UUID, *, now: datetime) -> None:
    """The practice whose statement the debt is from, or who took it over."""
    debt = await agreed_debt(session, arrangement_id)
    scheme = await get_scheme(session, debt.scheme_id)
    letter = Letter(
        source=Source.ARRANGEMENT,
        source_id=str(arrangement_id),
        topic=Topic.STATEMENTS,
        urgency=Urgency.ROUTINE,
        subject=f"What is owed for {scheme.title}",
        markdown=wording.agreed_debt_body(debt, scheme=scheme.title),
        practice=await organisations.last_successor(session, debt.practice, on=london_date(now)),
    )
    await tell_practices(session, [letter], now=now)


async def notify_offers(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, occasion: str, now: datetime
) -> None:
    """An offer waits, with the scheme in words and the practice's own figures. Whoever has answered it is not told."""
    scheme = await get_scheme(session, scheme_id)
    parts = await participation_refs(session, scheme_id, practices)
    waiting = [part for part in parts.values() if part.state is ParticipationState.OFFERED]
    words = await describe_offer(session, scheme_id, [part.practice for part in waiting], today=london_date(now))
    letters = [
        Letter(
            source=Source.OFFER,
            source_id=str(scheme_id),
            occasion=occasion,
            topic=Topic.SCHEMES,
            urgency=Urgency.IMPORTANT,
            subject=f"Offer: {scheme.title}",
            markdown=wording.offer_body(
                scheme=scheme.title,
                practice=part.practice,
                respond_by=part.respond_by,
                words=words[part.practice],
            ),
            practice=part.practice,
        )
        for part in waiting
    ]
    await tell_practices(session, letters, now=now)


async def notify_sign_ups(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, occasion: str, now: datetime
) -> None:
    """The office recorded an agreement on the practice's behalf."""
    scheme = await get_scheme(session, scheme_id)
    parts = await participation_refs(session, scheme_id, practices)
    letters = [
        Letter(
            source=Source.SIGN_UP,
            source_id=str(scheme_id),
            occasion=occasion,
            topic=Topic.SCHEMES,
            urgency=Urgency.IMPORTANT,
            subject=f"Signed up: {scheme.title}",
            markdown=wording.sign_up_body(
                scheme=scheme.title,
                practice=part.practice,
                signed_on=part.signed_on,
                signatory=part.signatory.name if part.signatory else None,
            ),
            practice=part.practice,
        )
        for part in parts.values()
        if part.state is ParticipationState.ACCEPTED
    ]
    await tell_practices(session, letters, now=now)


async def notify_issue(session: Tx, issue_id: UUID, *, now: datetime) -> None:
    """The practices that a new issue asks. A practice that raised it itself knows."""
    issue = await get_issue(session, issue_id)
    asked = await list_asked(session, issue_id, today=london_date(now))
    letters = [
        Letter(
            source=Source.ISSUE,
            source_id=str(issue_id),
            occasion="asked",
            topic=Topic.ISSUES,
            urgency=Urgency.ROUTINE,
            subject=f"Issue: {issue.title}",
            markdown=wording.issue_body(title=issue.title, practice=practice),
            practice=practice,
        )
        for practice in asked
        if practice != issue.raised_by.practice
    ]
    await tell_practices(session, letters, now=now)


async def notify_answer(session: Tx, issue_id: UUID, *, occasion: str, is_closed: bool, now: datetime) -> None:
    """Whoever raised the issue or supports it: practices' people, and members of forums who are known."""
    issue, followers = await get_issue(session, issue_id), await list_followers(session, issue_id)
    letter = Letter(
        source=Source.ISSUE,
        source_id=str(issue_id),
        occasion=occasion,
        topic=Topic.ISSUES,
        urgency=Urgency.ROUTINE,
        subject=f"Answer: {issue.title}",
        markdown=wording.answer_body(title=issue.title, is_closed=is_closed),
    )
    audience = Audience(roles=WHO_DEALS_WITH_IT, practices=tuple(sorted(followers.practices)), people=followers.people)
    await post_letters(session, [letter], audience, now=now)


async def notify_money_role(session: Tx, credential: str, *, role: str, person_id: UUID, now: datetime) -> None:
    """Somebody may now decide about money: the commissioner's auditors and money roles learn of it."""
    person = await get_person(session, person_id)
    letter = Letter(
        source=Source.MONEY_ROLE,
        source_id=credential,
        topic=Topic.STATEMENTS,
        # Important, so that nobody can have turned it off.
        urgency=Urgency.IMPORTANT,
        subject=f"A role that decides about money: {role.replace('_', ' ')}",
        markdown=wording.money_role_body(person=person.name, role=role),
    )
    told = await list_holders(session, {*MONEY_ROLES, Role.AUDITOR}, now)
    await post_letters(session, [letter], Audience(roles=(), practices=(), people=told), now=now)


async def tell_practices(session: Tx, letters: Sequence[Letter], *, now: datetime) -> None:
    practices = tuple(letter.practice for letter in letters if letter.practice)
    await post_letters(session, letters, Audience(roles=WHO_DEALS_WITH_IT, practices=practices), now=now)
