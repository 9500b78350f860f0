"""Webhook endpoints that nothing is sent to any more."""

from datetime import date
from typing import Final

from app.communications.rules.kinds.fields import choice, day, text
from app.communications.values import Source, TemplateKind, Topic, Urgency
from app.communications.values.webhooks import DisabledBecause

LISTENING: Final = (
    TemplateKind(
        "webhook_disabled",
        "A webhook endpoint was disabled, because nothing arrives there or nobody answers for it.",
        Source.WEBHOOK,
        Topic.ANNOUNCEMENTS,
        # Important, so that nobody can have turned it off.
        Urgency.IMPORTANT,
        (
            text(
                "host",
                "Where it was sent to, without the rest of the address.",
                "intranet.example.org",
                is_required=True,
            ),
            choice(
                "because",
                "Why: it is gone, nothing arrives, or its owner left.",
                *(each.value for each in DisabledBecause),
            ),
            day("since", "Since when nothing has arrived, where that is why.", date(2026, 11, 17), is_optional=True),
        ),
        subject="the webhook endpoint",
        scope="webhooks:read",
    ),
)
