"""Ways out by which nothing leaves any more: webhook endpoints, providers, channels in Teams."""

from datetime import date
from typing import Final

from app.communications.rules.kinds.fields import choice, day, text
from app.communications.values import BrokenWay, Source, TemplateKind, Topic, Urgency
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
    TemplateKind(
        "way_broken",
        "A provider refuses all that is sent by it, or a channel in Teams takes no more cards.",
        Source.PROVIDER,
        Topic.ANNOUNCEMENTS,
        Urgency.IMPORTANT,
        (
            choice("way", "What is broken.", *(each.value for each in BrokenWay)),
            text(
                "channel", "The name of the channel, where it is one in Teams.", "Practice managers", is_optional=True
            ),
            text("said", "What was answered.", "403 AuthError: Invalid token: API key not found", is_required=True),
        ),
        subject="the channel in Teams",
        scope="channels:read",
    ),
)
