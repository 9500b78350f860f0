"""Mail that came back, noted with the commissioner whose message it was; and the mailbox in which it arrives."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import structlog
from sqlalchemy import text

from app.communications import service
from app.communications.adapters.chosen import bounce_address
from app.communications.adapters.imap import BounceMailbox, MailboxAway
from app.communications.values import Bounce, SuppressionSource
from app.core.db import Actor, unit_of_work
from app.core.ids import PLATFORM_ID
from workers.jobs import JobContext, Tools, handler
from workers.schedule import MINUTELY, Minutely

log = structlog.get_logger("plenary.worker")
_TENANTS = text("SELECT commissioner_id FROM published.change_number ORDER BY commissioner_id")


async def take_reports(tools: Tools, raws: Iterable[bytes]) -> int:
    """Note what the mails say of ours that failed. Returns of how many messages it was; twice is as good as once.

    A report names a message and not whose it is, so each commissioner is asked in turn until all are known.
    """
    bounces = service.read_reports(raws, returns=bounce_address(tools.settings))
    known: set[UUID] = set()
    for tenant in await _tenants(tools) if bounces else ():
        waiting = [bounce for bounce in bounces if bounce.delivery_id not in known]
        if not waiting:
            break
        known |= await _note(tools, tenant, waiting)
    return len(known)


async def _tenants(tools: Tools) -> Sequence[UUID]:
    async with unit_of_work(tools.platform_engine, PLATFORM_ID) as session:
        return (await (await session.connection()).execute(_TENANTS)).scalars().all()


async def _note(tools: Tools, tenant: UUID, bounces: Sequence[Bounce]) -> set[UUID]:
    actor = Actor(via="worker")
    async with unit_of_work(tools.worker_engine, tenant, actor=actor, after_commit=tools.waker.wake) as session:
        return await service.record_returned(session, bounces, source=SuppressionSource.REPORT, now=tools.clock.now())


@handler("communications.read_bounces")
async def read_bounces(context: JobContext) -> None:
    """Look into the mailbox once. What was read is marked as seen only after it has been noted."""
    url = context.tools.settings.bounces_url
    if url is None:
        return
    mailbox = BounceMailbox(url)
    try:
        mails = await mailbox.fetch()
        known = await take_reports(context.tools, [raw for _, raw in mails])
        await mailbox.mark_seen([uid for uid, _ in mails])
    except MailboxAway as error:
        # The next minute looks again; a job for each missed minute would be of no use to anybody.
        log.warning("bounces_not_read", error=str(error))
    else:
        if mails:
            log.info("bounces_read", mails=len(mails), messages=known)
    finally:
        await mailbox.close()


MINUTELY.append(Minutely("communications.read_bounces", is_wanted=lambda settings: settings.bounces_url is not None))
