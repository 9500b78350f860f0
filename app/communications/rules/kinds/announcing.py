"""The frame of announcements."""

from typing import Final

from app.communications.rules.kinds.examples import SOON
from app.communications.rules.kinds.fields import day, markdown, text
from app.communications.values import Source, TemplateKind, Topic, Urgency

ANNOUNCING: Final = (
    TemplateKind(
        "announcement",
        "What an editor publishes, as it is mailed. The intranet shows it without this frame.",
        Source.ANNOUNCEMENT,
        Topic.ANNOUNCEMENTS,
        Urgency.ROUTINE,
        (
            text("title", "The announcement's title.", "Protected learning time in June"),
            markdown("body", "What was written.", "The afternoon of **10 June** is protected.", is_required=True),
            day(
                "acknowledge_by", "The day by which it is to be acknowledged, where one is set.", SOON, is_optional=True
            ),
        ),
        subject="the announcement",
        scope="deliveries:read",
    ),
)
