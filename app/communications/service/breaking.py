"""The office is told of a way out that is broken: once for each break, and by another way."""

from datetime import datetime

from app.access.values import Role
from app.communications.repository.channels import ProviderRepository
from app.communications.service import facts
from app.communications.service.letters import post_letters
from app.communications.service.wording import word
from app.communications.tables import TeamsChannel
from app.communications.values import Audience, BrokenWay, Channel, Facts, ProviderKind
from app.core.db import Tx


async def tell_of_fault(session: Tx, kind: ProviderKind, said: str, *, now: datetime) -> None:
    """By the installation's mail server, unless that is what is broken, or the commissioner has turned it off: then it lies
    in the inbox alone.
    """
    mail = await ProviderRepository(session, session.tenant).find_kind(ProviderKind.MAIL)
    may_mail = kind is not ProviderKind.MAIL and (mail is None or mail.is_active)
    found = facts.way_broken(BrokenWay(kind.value), said)
    await _tell(session, found, kind.value, by=ProviderKind.MAIL if may_mail else None, now=now)


async def tell_of_broken_channel(session: Tx, channel: TeamsChannel, said: str, *, now: datetime) -> None:
    found = facts.way_broken(BrokenWay.TEAMS, said, channel=channel.name)
    mail = await ProviderRepository(session, session.tenant).find_kind(ProviderKind.MAIL)
    may_mail = mail is None or mail.is_active
    await _tell(session, found, str(channel.id), by=ProviderKind.MAIL if may_mail else None, now=now)


async def _tell(session: Tx, found: Facts, source_id: str, *, by: ProviderKind | None, now: datetime) -> None:
    letters = await word(session, "way_broken", [found], source_id=source_id, occasion=now.isoformat())
    channels = (Channel.EMAIL, Channel.INBOX) if by else (Channel.INBOX,)
    await post_letters(
        session, letters, Audience.of_holders(Role.COMMISSIONER_ADMIN), now=now, channels=channels, by=by
    )
