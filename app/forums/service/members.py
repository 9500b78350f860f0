"""Members of forums: patients who consented, held no longer than they want."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.addresses import address_key
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.principal import Principal
from app.core.repository import Expected
from app.forums.errors import ConsentInvalid, ForumClosed
from app.forums.repository import ForumRepository, MemberRepository
from app.forums.service.reach import require_forum
from app.forums.tables import ForumMember
from app.forums.values import NewMember
from app.organisations import service as organisations
from app.people import service as people


async def add_member(session: Tx, caller: Principal, forum_id: UUID, given: NewMember, *, now: datetime) -> ForumMember:
    """Take somebody in who consented. An address that belongs to a known person makes the member that person."""
    today = london_date(now)
    forum = await ForumRepository(session, session.tenant).get(forum_id)
    await require_forum(session, caller, "forums:write", forum, today=today)
    if forum.closed_on is not None and forum.closed_on <= today:
        raise ForumClosed
    joined_on = given.joined_on or today
    if given.consented_on > min(joined_on, today):
        raise ConsentInvalid
    if given.practice is not None:
        await organisations.get_practice(session, given.practice)
    person = await people.find_person_by_email(session, given.email) if given.email else None
    member = ForumMember(
        commissioner_id=session.tenant,
        forum_id=forum_id,
        name=given.name,
        email=given.email,
        email_key=address_key(given.email),
        person_id=person.id if person else None,
        practice=given.practice,
        role=given.role.value,
        consented_on=given.consented_on,
        consent_by=given.consent_by.value,
        joined_on=joined_on,
        recorded_at=now,
    )
    session.add(member)
    audit(session, "forum.member_added", forum_id, member=str(member.id))
    return member


async def change_member(
    session: Tx,
    caller: Principal,
    forum_id: UUID,
    member_id: UUID,
    changes: Mapping[str, Any],
    *,
    expected: Expected,
    today: date,
) -> ForumMember:
    member = await _lock(session, caller, forum_id, member_id, expected=expected, today=today)
    if changes.get("practice") is not None:
        await organisations.get_practice(session, changes["practice"])
    for name, value in changes.items():
        setattr(member, name, value)
    audit(session, "forum.member_changed", forum_id, member=str(member_id))
    return member


async def remove_member(
    session: Tx, caller: Principal, forum_id: UUID, member_id: UUID, *, expected: Expected, today: date
) -> None:
    """End a membership. Consent ends with it, so the name and the address go at once."""
    member = await _lock(session, caller, forum_id, member_id, expected=expected, today=today)
    _forget(member, today)
    audit(session, "forum.member_removed", forum_id, member=str(member_id))


async def _lock(
    session: Tx, caller: Principal, forum_id: UUID, member_id: UUID, *, expected: Expected, today: date
) -> ForumMember:
    forum = await ForumRepository(session, session.tenant).get(forum_id)
    await require_forum(session, caller, "forums:write", forum, today=today)
    member = await MemberRepository(session, session.tenant).get_of(forum_id, member_id, for_update=True)
    expected.check(member.version)
    return member


def _forget(member: ForumMember, today: date) -> None:
    member.left_on = today
    member.name = member.email = member.email_key = member.person_id = None


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """Everything forums hold on a person, for their own copy."""
    rows = await _rows_of(session, person_id, for_update=False)
    return {
        "memberships": [
            {
                "forum": str(row.forum_id),
                "name": row.name,
                "email": row.email,
                "practice": row.practice,
                "role": row.role,
                "consented_on": row.consented_on.isoformat(),
                "joined_on": row.joined_on.isoformat(),
            }
            for row in rows
        ]
    }


async def erase_person(session: Tx, person_id: UUID, *, now: datetime) -> None:
    """Forget the person in every forum; before `people` forgets the address by which some of the rows are found."""
    for row in await _rows_of(session, person_id, for_update=True):
        _forget(row, london_date(now))
        session.add(row)
        audit(session, "forum.member_removed", row.forum_id, member=str(row.id))


async def _rows_of(session: Tx, person_id: UUID, *, for_update: bool) -> Sequence[ForumMember]:
    person = (await people.get_people(session, [person_id])).get(person_id)
    key = address_key(person.email) if person else None
    return await MemberRepository(session, session.tenant).list_of_person(person_id, key, for_update=for_update)
