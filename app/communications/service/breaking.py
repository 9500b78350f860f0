"""The office is told of a way out that is broken: once for each break, and by another way."""

from datetime import datetime

from app.access.values import Role
from app.communications.repository.channels import ProviderRepository
from app.communications.service import facts
from app.communications.service.letters import Posting, post_letters
from app.communications.service.wording import word
from app.communications.tables import TeamsChannel
from app.communications.values import Audience, BrokenWay, Channel, Facts, ProviderKind
from app.core.db import Tx


async def tell_of_fault(session: Tx, kind: ProviderKind, said: str, *, now: datetime) -> None:
    found = facts.way_broken(BrokenWay(kind.value), said)
    await _tell(session, found, kind.value, can_mail=kind is not ProviderKind.MAIL, now=now)


async def tell_of_broken_channel(session: Tx, channel: TeamsChannel, said: str, *, now: datetime) -> None:
    found = facts.way_broken(BrokenWay.TEAMS, said, channel=channel.name)
    await _tell(session, found, str(channel.id), can_mail=True, now=now)


async def _tell(session: Tx, found: Facts, source_id: str, *, can_mail: bool, now: datetime) -> None:
    """By the installation's mail server, unless that is what is broken, or the commissioner has turned it off: then it lies
    in the inbox alone.
    """
    mail = await ProviderRepository(session, session.tenant).find_kind(ProviderKind.MAIL)
    by_mail = can_mail and (mail is None or mail.is_active)
    await post_letters(
        session,
        await word(session, "way_broken", [found], source_id=source_id, occasion=now.isoformat()),
        Audience.of_holders(Role.COMMISSIONER_ADMIN),
        Posting((Channel.EMAIL, Channel.INBOX), by=ProviderKind.MAIL) if by_mail else Posting((Channel.INBOX,)),
        now=now,
    )
