"""Links in mails."""

from dataclasses import replace
from typing import Final

from app.communications.rules.kinds.fields import PRACTICE, text
from app.communications.values import Source, TemplateKind, Topic, Urgency

LINKING: Final = (
    TemplateKind(
        "link_locked",
        "Too many names were tried with the link in a mail: to the office.",
        Source.LINK,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (
            text("title", "The mail's subject.", "Offer: Continuity of care", is_required=True),
            replace(PRACTICE, is_required=False, is_optional=True),
        ),
        subject="the delivery",
        scope="deliveries:read",
    ),
)
