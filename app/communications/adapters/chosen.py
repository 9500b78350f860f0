"""Which mailer the settings mean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parseaddr

from app.communications.adapters.eml import EmlMailer
from app.communications.adapters.notify import NotifyCarrier
from app.communications.adapters.push import PushCarrier
from app.communications.adapters.simulated import SimulatedMailer
from app.communications.adapters.smtp import SmtpMailer
from app.communications.adapters.smtp_server import SmtpServer
from app.communications.ports import Mailer
from app.communications.rules.envelope import PURPOSE, BounceAddress
from app.communications.service import Way
from app.communications.values import Channel
from app.core.clock import Clock
from app.core.outside import OutsideClient
from app.core.secrets import SecretBox
from app.core.settings import Settings


def mailer_of(settings: Settings, clock: Clock) -> Mailer:
    """A mail server where one is set; else files in the outbox."""
    if settings.smtp_url is None:
        outbox = SimulatedMailer if settings.demo else EmlMailer
        return outbox(settings.outbox_path, sender=settings.mail_from, clock=clock)
    server = SmtpServer.from_url(settings.smtp_url)
    return SmtpMailer(server, sender=settings.mail_from, clock=clock, returns=bounce_address(settings))


@asynccontextmanager
async def carrier_for(way: Way, settings: Settings, clock: Clock) -> AsyncIterator[Mailer]:
    """What takes the messages of one way, open for one batch."""
    if way.channel is Channel.PUSH:
        async with OutsideClient(settings.own_networks) as client:
            contact = f"mailto:{parseaddr(settings.mail_from)[1]}"
            yield PushCarrier(client, way.browsers, contact=contact, clock=clock)
        return
    if way.key is None or way.template is None:
        yield mailer_of(settings, clock)
        return
    async with OutsideClient(settings.own_networks) as client:
        yield NotifyCarrier(
            client, way.key, url=settings.notify_url, channel=way.channel, template=way.template, clock=clock
        )


def bounce_address(settings: Settings) -> BounceAddress | None:
    """Where mail comes back to, where the installation has a mailbox for it."""
    if settings.mail_bounces is None:
        return None
    box = SecretBox.from_setting(settings.secret_keys_value())
    return BounceAddress(settings.mail_bounces, box.derive_all(PURPOSE))


def message_domain(settings: Settings) -> str:
    """The right side of our Message-IDs: that of the sender's address."""
    return parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
