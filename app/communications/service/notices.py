"""Notices: what practices are told because something happened to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.access.values import MONEY_ROLES, Role
from app.communications.service import facts
from app.communications.service.letters import post_letters
from app.communications.service.wording import word
from app.communications.values import Audience, Letter
from app.core.clock import london_date
from app.core.db import Tx
from app.forums.service import get_issue, list_asked, list_followers
from app.organisations import service as organisations
from app.people.values import PostRole
from app.schemes.values import ParticipationState

WHO_DEALS_WITH_IT = (PostRole.NAMED_LEAD.value, PostRole.PRACTICE_MANAGER.value)


async def notify_statements(session: Tx, run_id: UUID, *, now: datetime) -> None:
    """Each practice's statement to its lead and manager, or to its mailbox. Nothing is said where no money moves."""
    found = await facts.statements(session, run_id)
    await tell_practices(session, await word(session, "statement", found, source_id=str(run_id)), now=now)


async def notify_late_run(session: Tx, run_id: UUID, *, because: str, now: datetime) -> None:
    """Whoever asks for runs, releases them or audits them learns that one is late, unless it was paid meanwhile."""
    found = await facts.late_run(session, run_id, because=because, now=now)
    if found is None:
        return
    letters = await word(session, "late_run", [found], source_id=str(run_id), occasion=because)
    told = Audience.of_holders(Role.SCHEME_MANAGER, Role.PAYMENTS_RELEASER, Role.AUDITOR)
    await post_letters(session, letters, told, now=now)


async def notify_arrangement(session: Tx, arrangement_id: UUID, *, now: datetime) -> None:
    """The practice whose statement the debt is from, or who took it over."""
    found = await facts.arrangement(session, arrangement_id)
    told = await organisations.last_successor(session, found.fields["practice"], on=london_date(now))
    found = replace(found, recipient=told)
    await tell_practices(session, await word(session, "arrangement", [found], source_id=str(arrangement_id)), now=now)


async def notify_offers(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, occasion: str, now: datetime
) -> None:
    """An offer waits, with the scheme in words and the practice's own figures. Whoever has answered it is not told."""
    found = await facts.offers(session, scheme_id, practices, now=now)
    letters = await word(session, "offer", found, source_id=str(scheme_id), occasion=occasion)
    await tell_practices(session, letters, now=now, scheme=scheme_id, state=ParticipationState.OFFERED)


async def notify_sign_ups(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, occasion: str, now: datetime
) -> None:
    """The office recorded an agreement on the practice's behalf: the practice can object at once."""
    found = await facts.sign_ups(session, scheme_id, practices)
    letters = await word(session, "sign_up", found, source_id=str(scheme_id), occasion=occasion)
    await tell_practices(session, letters, now=now)


async def notify_issue(session: Tx, issue_id: UUID, *, now: datetime) -> None:
    """The practices that a new issue asks. A practice that raised it itself knows."""
    issue = await get_issue(session, issue_id)
    asked = await list_asked(session, issue_id, today=london_date(now))
    found = [facts.issue_fields(issue, practice=practice) for practice in asked if practice != issue.raised_by.practice]
    letters = await word(session, "issue_asked", found, source_id=str(issue_id), occasion="asked")
    await tell_practices(session, letters, now=now)


async def notify_answer(session: Tx, issue_id: UUID, *, occasion: str, is_closed: bool, now: datetime) -> None:
    """Whoever raised the issue or supports it: practices' people, and members of forums who are known.

    The answer itself is read where it may be read: an inbox is no place to work out who sees what.
    """
    issue, followers = await get_issue(session, issue_id), await list_followers(session, issue_id)
    found = facts.issue_fields(issue, is_closed=is_closed)
    letters = await word(session, "issue_answered", [found], source_id=str(issue_id), occasion=occasion)
    audience = Audience(roles=WHO_DEALS_WITH_IT, practices=tuple(sorted(followers.practices)), people=followers.people)
    await post_letters(session, letters, audience, now=now)


async def notify_money_role(session: Tx, credential: str, *, role: str, person_id: UUID, now: datetime) -> None:
    """Somebody may now decide about money: the commissioner's auditors and money roles learn of it."""
    found = await facts.money_role(session, person_id, role)
    letters = await word(session, "money_role", [found], source_id=credential)
    await post_letters(session, letters, Audience.of_holders(*MONEY_ROLES, Role.AUDITOR), now=now)


async def notify_locked_link(session: Tx, delivery_id: UUID, *, now: datetime) -> None:
    """Somebody tried names with a link: those who keep the commissioner's people and can send the mail again learn of it."""
    letters = await word(
        session, "link_locked", await facts.link_locked(session, delivery_id), source_id=str(delivery_id)
    )
    await post_letters(session, letters, Audience.of_holders(Role.COMMISSIONER_ADMIN), now=now)


async def tell_practices(
    session: Tx, letters: Sequence[Letter], *, now: datetime, scheme: UUID | None = None, state: str | None = None
) -> None:
    """Those at each letter's practice who deal with it. With a `state`, those alone whose part in the scheme is in it when
    the mail goes out: who has answered meanwhile is not asked again.
    """
    practices = tuple(letter.practice for letter in letters if letter.practice)
    told = Audience(roles=WHO_DEALS_WITH_IT, practices=practices, scheme=scheme, state=state)
    await post_letters(session, letters, told, now=now)
