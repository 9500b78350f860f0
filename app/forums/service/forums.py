"""Forums: founding and changing them, whom they speak for, and their meetings."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.principal import Principal
from app.core.repository import Expected
from app.forums.errors import ForumClosed
from app.forums.repository import ForumRepository, MemberRepository
from app.forums.service.reach import require_forum
from app.forums.tables import PatientForum
from app.forums.values import LadderLevel, NewForum
from app.meetings import service as meetings
from app.meetings.values import MeetingRef, PlannedMeeting
from app.organisations import service as organisations


async def create_forum(session: Tx, caller: Principal, given: NewForum, *, now: datetime) -> PatientForum:
    if given.locality_id is not None:
        await organisations.get_locality(session, given.locality_id)
    if given.practice is not None:
        await organisations.get_practice(session, given.practice)
    forum = PatientForum(
        commissioner_id=session.tenant,
        name=given.name,
        level=given.level.value,
        locality_id=given.locality_id,
        practice=given.practice,
        created_at=now,
    )
    await require_forum(session, caller, "forums:write", forum, today=london_date(now))
    session.add(forum)
    audit(session, "forum.created", forum.id, level=forum.level)
    return forum


async def change_forum(
    session: Tx, caller: Principal, forum_id: UUID, changes: Mapping[str, Any], *, expected: Expected, today: date
) -> PatientForum:
    forum = await ForumRepository(session, session.tenant).get(forum_id, for_update=True)
    await require_forum(session, caller, "forums:write", forum, today=today)
    expected.check(forum.version)
    for name, value in changes.items():
        setattr(forum, name, value)
    audit(session, "forum.changed", forum.id, members=sorted(changes))
    return forum


async def list_practices_of(session: Tx, forum: PatientForum, *, today: date) -> list[str]:
    """The practices whose patients the forum is for."""
    members = await organisations.list_member_codes(session, on=today)
    if forum.level == LadderLevel.COMMISSIONER:
        return members
    if forum.locality_id is not None:
        inside = await organisations.practices_in_locality(session, forum.locality_id, on=today)
        return sorted(set(inside) & set(members))
    return [code for code in members if code == forum.practice]


async def represent(
    session: Tx, forum: PatientForum, *, today: date
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(code, name) of the practices with a member in the forum, and of those without."""
    codes = await list_practices_of(session, forum, today=today)
    names = await organisations.get_practices(session, codes)
    voiced = await MemberRepository(session, session.tenant).list_voiced(forum.id)
    with_voice = [(code, names[code].name) for code in codes if code in voiced]
    return with_voice, [(code, names[code].name) for code in codes if code not in voiced]


async def plan_forum_meeting(
    session: Tx, caller: Principal, forum_id: UUID, given: PlannedMeeting, *, now: datetime
) -> MeetingRef:
    today = london_date(now)
    forum = await ForumRepository(session, session.tenant).get(forum_id)
    await require_forum(session, caller, "forums:write", forum, today=today)
    if forum.closed_on is not None and forum.closed_on <= today:
        raise ForumClosed
    meeting = await meetings.plan_meeting(session, caller, replace(given, forum_id=forum_id), evidence=None, now=now)
    await session.flush()  # the meeting is read back through its own slice
    return await meetings.get_meeting(session, meeting.id)
