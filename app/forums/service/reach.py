"""How far a caller may act: their own forums, their own practice, their own area."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.core.addresses import address_key
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.principal import Principal
from app.forums.errors import ForumClosed
from app.forums.repository import ForumRepository, MemberRepository
from app.forums.tables import PatientForum
from app.forums.values import LadderLevel, Voice
from app.organisations import service as organisations
from app.people import service as people


async def reaches(
    session: Tx,
    caller: Principal,
    scope: str,
    *,
    level: str,
    locality_id: UUID | None,
    practice: str | None,
    today: date,
) -> bool:
    """Whether the scope is held for that level's place, or for an area around it."""
    if caller.covers_commissioner(scope):
        return True
    if level == LadderLevel.LOCALITY:
        return str(locality_id) in caller.localities(scope)
    if level == LadderLevel.PRACTICE and practice is not None:
        return await organisations.reaches(session, caller, scope, practice, on=today)
    return False


async def reaches_forum(session: Tx, caller: Principal, scope: str, forum: PatientForum, *, today: date) -> bool:
    return await reaches(
        session, caller, scope, level=forum.level, locality_id=forum.locality_id, practice=forum.practice, today=today
    )


async def require_forum(session: Tx, caller: Principal, scope: str, forum: PatientForum, *, today: date) -> None:
    if not await reaches_forum(session, caller, scope, forum, today=today):
        raise Forbidden("Your role does not reach this forum.")


async def own_forums(session: Tx, caller: Principal) -> Sequence[PatientForum]:
    """The forums in which the caller is a member."""
    if caller.person_id is None:
        return []
    person = await people.get_person(session, caller.person_id)
    repository = MemberRepository(session, session.tenant)
    return await repository.list_forums_of(caller.person_id, address_key(person.email))


async def require_members_seen(session: Tx, caller: Principal, forum: PatientForum, *, today: date) -> bool:
    """Patients' names are for those who run the forum, for its own members and for the office that answers to it. Whether
    the caller also sees what else is held on them, which only those who run it need.
    """
    if await reaches_forum(session, caller, "forums:write", forum, today=today):
        return True
    if await reaches_forum(session, caller, "forums:members", forum, today=today):
        return False
    if not any(own.id == forum.id for own in await own_forums(session, caller)):
        raise Forbidden("Only its own members and those who run a forum see who is in it.")
    return False


async def require_voice(session: Tx, caller: Principal, voice: Voice, *, today: date) -> PatientForum | None:
    """That the caller speaks for this forum or practice; the forum, when it is one."""
    if voice.practice is not None:
        await organisations.get_practice(session, voice.practice)
        # A patient's key may be bound to a practice too; only its own people speak for it.
        if voice.practice not in caller.practices("issues:raise") & caller.practices("practice:own"):
            raise Forbidden("You speak for your own practice only.")
        return None
    assert voice.forum_id is not None
    forum = await ForumRepository(session, session.tenant).get(voice.forum_id)
    is_own = await reaches_forum(session, caller, "forums:write", forum, today=today) or any(
        own.id == forum.id for own in await own_forums(session, caller)
    )
    if not is_own:
        raise Forbidden("You speak for your own forum only.")
    if forum.closed_on is not None and forum.closed_on <= today:
        raise ForumClosed
    return forum
