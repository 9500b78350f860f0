"""The frame of announcements."""

from dataclasses import replace
from typing import Final

from app.communications.rules.kinds.examples import SOON
from app.communications.rules.kinds.fields import PRACTICE, day, markdown, text
from app.communications.values import Source, TemplateKind, Topic, Urgency

_TITLE: Final = text("title", "The announcement's title.", "Protected learning time in June", is_required=True)
_BY: Final = day("acknowledge_by", "The last day to acknowledge it.", SOON, is_required=True)

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
    TemplateKind(
        "must_read_due",
        "Something that has to be read has not been, and the last day is near.",
        Source.ANNOUNCEMENT,
        Topic.ANNOUNCEMENTS,
        # Important, so that nobody can have turned it off.
        Urgency.IMPORTANT,
        (_TITLE, _BY, replace(PRACTICE, is_required=False, is_optional=True)),
        subject="the announcement",
        scope="deliveries:read",
    ),
    TemplateKind(
        "must_read_overdue",
        "Nobody read it in time: to the practice's named lead, and later to its manager.",
        Source.ANNOUNCEMENT,
        Topic.ANNOUNCEMENTS,
        Urgency.IMPORTANT,
        (_TITLE, _BY, PRACTICE),
        subject="the announcement",
        scope="deliveries:read",
    ),
)
