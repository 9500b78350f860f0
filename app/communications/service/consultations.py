"""Notices of consultations: the LMC learns that it is asked, the office what is said, and whoever said it the answer."""

from datetime import datetime
from uuid import UUID

from app.access.values import Role
from app.communications.service import facts
from app.communications.service.letters import post_letters
from app.communications.service.wording import word
from app.communications.values import Audience
from app.core.db import Tx


async def notify_consultation(session: Tx, scheme_id: UUID, n: int, *, occasion: str, now: datetime) -> None:
    """The draft in words, and until when to comment; nothing where it is no longer a draft."""
    found = await facts.consultation(session, scheme_id, n, now=now)
    if found is None:
        return
    letters = await word(session, "consultation", [found], source_id=str(scheme_id), occasion=occasion)
    await post_letters(session, letters, Audience.of_holders(Role.LMC_OFFICER), now=now)


async def notify_comment(session: Tx, comment_id: UUID, *, now: datetime) -> None:
    found, _ = await facts.comment(session, comment_id)
    letters = await word(session, "comment", [found], source_id=str(comment_id), occasion="made")
    await post_letters(session, letters, Audience.of_holders(Role.SCHEME_MANAGER), now=now)


async def notify_comment_answer(session: Tx, comment_id: UUID, *, now: datetime) -> None:
    found, author = await facts.comment(session, comment_id)
    letters = await word(session, "comment_answered", [found], source_id=str(comment_id), occasion="answered")
    await post_letters(session, letters, Audience.of_people(author), now=now)
