"""Notices of consultations: the LMC learns that it is asked, the office what is said, and whoever said it the answer."""

from datetime import datetime
from uuid import UUID

from app.access.service import list_holders
from app.access.values import Role
from app.communications.rules import wording
from app.communications.service.letters import post_letters
from app.communications.values import Audience, Letter, Source, Topic, Urgency
from app.core.clock import london_date
from app.core.db import Tx
from app.schemes.service import consulted_until, describe_version, get_comment, get_scheme


async def notify_consultation(session: Tx, scheme_id: UUID, n: int, *, occasion: str, now: datetime) -> None:
    """The draft in words, and until when to comment; nothing where it is no longer a draft."""
    until = await consulted_until(session, scheme_id, n)
    if until is None:
        return
    scheme = await get_scheme(session, scheme_id)
    words = await describe_version(session, scheme_id, n, practice=None, today=london_date(now))
    letter = Letter(
        source=Source.CONSULTATION,
        source_id=str(scheme_id),
        occasion=occasion,
        topic=Topic.SCHEMES,
        urgency=Urgency.IMPORTANT,
        subject=f"Consultation: {scheme.title}",
        markdown=wording.consultation_body(scheme=scheme.title, n=n, until=until, words=words.markdown),
    )
    officers = await list_holders(session, {Role.LMC_OFFICER}, now)
    await post_letters(session, [letter], Audience(roles=(), practices=(), people=officers), now=now)


async def notify_comment(session: Tx, comment_id: UUID, *, now: datetime) -> None:
    comment = await get_comment(session, comment_id)
    letter = Letter(
        source=Source.CONSULTATION,
        source_id=str(comment_id),
        occasion="made",
        topic=Topic.SCHEMES,
        urgency=Urgency.ROUTINE,
        subject=f"Comment: {comment.scheme.title}",
        markdown=wording.comment_body(scheme=comment.scheme.title, n=comment.n, text=comment.text),
    )
    managers = await list_holders(session, {Role.SCHEME_MANAGER}, now)
    await post_letters(session, [letter], Audience(roles=(), practices=(), people=managers), now=now)


async def notify_comment_answer(session: Tx, comment_id: UUID, *, now: datetime) -> None:
    comment = await get_comment(session, comment_id)
    letter = Letter(
        source=Source.CONSULTATION,
        source_id=str(comment_id),
        occasion="answered",
        topic=Topic.SCHEMES,
        urgency=Urgency.ROUTINE,
        subject=f"Answer: {comment.scheme.title}",
        markdown=wording.comment_answer_body(
            scheme=comment.scheme.title, n=comment.n, text=comment.text, answer=comment.answer or ""
        ),
    )
    await post_letters(session, [letter], Audience(roles=(), practices=(), people=frozenset({comment.author})), now=now)
