"""Whom a message reaches."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import (
    CTE,
    TEXT,
    Uuid,
    and_,
    cast,
    false,
    literal,
    null,
    or_,
    true,
    union_all,
)
from sqlalchemy import select as select_columns
from sqlmodel import col

from app.core.repository import Statement, among
from app.people.repository.conditions import (
    held_on,
    post_with_person,
)
from app.people.tables import Mailbox, Person, Post
from app.people.values import LEVELS, Among, PostLevel, PostRole


def select_recipients(
    tenant: UUID,
    members: Statement,
    *,
    roles: Collection[PostRole] | None,
    practices: Collection[str] | None,
    localities: Collection[UUID] | None,
    on: date,
    only: Among | None,
) -> Statement:
    """See `service.select_recipients`; `members` are the commissioner's practices (code, locality_id) of that day."""
    member = members.subquery("member")
    everywhere = practices is None and localities is None
    area = false() if localities is None else among(member.c.locality_id, localities)
    named = false() if practices is None else among(member.c.code, practices)
    reached = _once(select_columns(member.c.code).where(true() if everywhere else or_(area, named)))
    holder = _once(_holders(tenant, roles, on, only))
    in_area = false() if localities is None else among(holder.c.locality_id, localities)
    above = and_(holder.c.practice.is_(None), true() if everywhere else in_area)
    meant = or_(holder.c.practice.in_(select_columns(reached.c.code)), above)
    people = (
        select_columns(
            holder.c.person_id, holder.c.practice, holder.c.name, holder.c.email, false().label("is_mailbox")
        )
        .where(
            meant,
            true() if only is None else or_(among(holder.c.person_id, only.people), among(holder.c.practice, only.at)),
        )
        .distinct()
    )
    # A message for a locality's or the office's people alone is none of a practice's business.
    at_practices = roles is None or any(PostLevel.PRACTICE in LEVELS[role] for role in roles)
    covered = select_columns(holder.c.practice).where(holder.c.is_reachable, holder.c.practice.is_not(None))
    mailboxes = (
        select_columns(
            cast(null(), Uuid()).label("person_id"),
            col(Mailbox.practice).label("practice"),
            literal("Practice mailbox").label("name"),
            col(Mailbox.email).label("email"),
            true().label("is_mailbox"),
        )
        .where(col(Mailbox.commissioner_id) == tenant, true() if at_practices else false())
        .where(true() if only is None else among(col(Mailbox.practice), only.mailboxes_of))
        .where(col(Mailbox.practice).in_(select_columns(reached.c.code)), col(Mailbox.practice).not_in(covered))
    )
    everyone = union_all(people, mailboxes).subquery("recipient")
    return select_columns(
        everyone.c.person_id, everyone.c.practice, everyone.c.name, everyone.c.email, everyone.c.is_mailbox
    )


def _holders(tenant: UUID, roles: Collection[PostRole] | None, on: date, only: Among | None) -> Statement:
    """Who holds one of these posts that day. Whoever has no good address is not reachable by mail.

    Who else is in a practice decides about its mailbox, so its people are looked at too.
    """
    in_role = true() if roles is None else among(col(Post.role), roles)
    looked_at = (
        true()
        if only is None
        else or_(among(col(Post.person_id), only.people), among(col(Post.practice), only.mailboxes_of | only.at))
    )
    return (
        select_columns(
            col(Person.id).label("person_id"),
            col(Post.practice).label("practice"),
            col(Post.locality_id).label("locality_id"),
            col(Person.name).label("name"),
            col(Person.email).label("email"),
            and_(col(Person.email).is_not(None), col(Person.bounced_at).is_(None)).label("is_reachable"),
        )
        .select_from(Post)
        .join(Person, post_with_person())
        .where(col(Post.commissioner_id) == tenant, in_role, held_on(on), col(Person.erased_at).is_(None))
        .where(looked_at)
    )


def _once(statement: Statement) -> CTE:
    """Worked out once and then looked up: with few statistics the planner would work it out for each row.

    Without a name of its own, so that one statement can ask for several audiences.
    """
    return statement.cte().prefix_with("MATERIALIZED", dialect="postgresql")


def select_people(tenant: UUID, ids: Collection[UUID]) -> Statement:
    """See `service.select_people`."""
    return select_columns(
        col(Person.id).label("person_id"),
        cast(null(), TEXT).label("practice"),
        col(Person.name).label("name"),
        col(Person.email).label("email"),
        false().label("is_mailbox"),
    ).where(col(Person.commissioner_id) == tenant, among(col(Person.id), ids), col(Person.erased_at).is_(None))
