"""A person's rights over what is kept of them, and the end of what is kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.communications.repository import inbox, keeping
from app.communications.service.inbox import wanted_mail
from app.communications.service.push import export_browsers
from app.communications.service.suppressing import forget_suppressions, suppressed_among
from app.core.audit import audit
from app.core.clock import add_months, london_date, london_midnight, utc_text
from app.core.db import Tx
from app.people import service as people

KEPT_MONTHS = 24
DROPPED_AT_ONCE = 5_000


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """For their own copy: what they were sent, what they acknowledged, published and chose."""
    preference = await inbox.find_preference(session, person_id)
    addresses = await _addresses_of(session, person_id)
    return {
        "messages": [
            {
                "subject": message.subject,
                "channel": delivery.channel,
                "address": delivery.address,
                "state": delivery.state,
                "created_at": utc_text(delivery.created_at),
                "acknowledged_at": utc_text(delivery.acknowledged_at) if delivery.acknowledged_at else None,
            }
            for delivery, message in await keeping.list_deliveries_of(session, person_id)
        ],
        "announcements": [
            {"announcement": str(row.id), "title": row.title}
            for row in await keeping.list_announcements_of(session, person_id)
        ],
        "message_templates": [
            {"kind": row.kind, "n": row.n, "reason": row.reason}
            for row in await keeping.list_templates_of(session, person_id)
        ],
        "muted_topics": preference.muted if preference else [],
        "nothing_is_sent_to": sorted(await suppressed_among(session, addresses)),
        "mail": {topic.value: frequency.value for topic, frequency in wanted_mail(preference).items()},
        "mobile": preference.mobile if preference else None,
        "mobile_confirmed": preference is not None and preference.is_mobile_confirmed,
        "pushes": preference.pushes if preference else [],
        "browsers": await export_browsers(session, person_id),
        "texts": preference.texts if preference else [],
        "quiet_hours": [preference.quiet_from, preference.quiet_until] if preference else None,
    }


async def _addresses_of(session: Tx, person_id: UUID) -> list[str]:
    """Those that the person has and had, telephone and mobile among them."""
    copy, preference = await people.export_person(session, person_id), await inbox.find_preference(session, person_id)
    known = (copy["email"], copy["telephone"], preference.mobile if preference else None, *copy["former_addresses"])
    return [each for each in known if each]


async def erase_person(session: Tx, person_id: UUID, *, now: datetime) -> None:
    """That somebody was told stays for 24 months, under an id that names nobody."""
    del now
    await forget_suppressions(session, await _addresses_of(session, person_id))
    forgotten = await keeping.forget_person(session, person_id)
    audit(session, "deliveries.forgotten", person_id, deliveries=forgotten)


async def drop_old_deliveries(session: Tx, *, now: datetime) -> bool:
    """One batch of what is older than 24 months. True when there may be more."""
    before = london_midnight(add_months(london_date(now), -KEPT_MONTHS))
    dropped = await keeping.drop_deliveries(session, before=before, limit=DROPPED_AT_ONCE)
    if dropped == DROPPED_AT_ONCE:
        return True
    return await keeping.drop_messages(session, before=before, limit=DROPPED_AT_ONCE) == DROPPED_AT_ONCE
