"""Practices without a lead."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    func,
    or_,
)
from sqlalchemy import select as select_columns
from sqlmodel import col

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, Statement, among, keyset_page
from app.people.repository.conditions import (
    held_on,
    is_stale,
    post_with_person,
)
from app.people.tables import Person, Post
from app.people.values import PostRole


async def list_vacancies(
    session: Tx,
    members: Statement,
    *,
    practices: frozenset[str] | None,
    locality_id: UUID | None,
    stale: bool,
    on: date,
    params: PageParams,
    cursors: Cursors,
) -> Page[Any]:
    """Of these practices (code, locality_id) those without a lead that day, or with one who is stale; by code."""
    tenant, member = session.tenant, members.subquery("member")
    lead = (
        select_columns(
            col(Post.practice).label("practice"),
            col(Post.confirmed_on).label("confirmed_on"),
            col(Person.bounced_at).label("bounced_at"),
            is_stale(on).label("is_stale"),
        )
        .join(Person, post_with_person())
        .where(col(Post.commissioner_id) == tenant, col(Post.role) == PostRole.NAMED_LEAD, held_on(on))
        .subquery("lead")
    )
    ended = (
        select_columns(func.max(col(Post.valid_until)))
        .where(col(Post.commissioner_id) == tenant, col(Post.role) == PostRole.NAMED_LEAD)
        .where(col(Post.practice) == member.c.code, col(Post.valid_until) <= on)
        .scalar_subquery()
    )
    statement: Statement = (
        select_columns(
            member.c.code, member.c.locality_id, lead.c.confirmed_on, lead.c.bounced_at, ended.label("vacant_since")
        )
        .select_from(member.outerjoin(lead, lead.c.practice == member.c.code))
        .where(or_(lead.c.practice.is_(None), lead.c.is_stale) if stale else lead.c.practice.is_(None))
    )
    if practices is not None:
        statement = statement.where(among(member.c.code, practices))
    if locality_id is not None:
        statement = statement.where(member.c.locality_id == locality_id)
    return await keyset_page(session, statement, keys=[member.c.code], params=params, cursors=cursors, kind="vacancies")
