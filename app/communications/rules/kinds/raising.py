"""Issues and their answers."""

from typing import Final

from app.communications.rules.kinds.fields import PRACTICE, flag, text
from app.communications.values import Source, TemplateKind, Topic, Urgency

_TITLE: Final = text("title", "The issue's title.", "Hospital letters come late", is_required=True)

RAISING: Final = (
    TemplateKind(
        "issue_asked",
        "An issue asks a practice what it does about it.",
        Source.ISSUE,
        Topic.ISSUES,
        Urgency.ROUTINE,
        (_TITLE, PRACTICE),
        subject="the issue",
        scope="issues:all",
    ),
    TemplateKind(
        "issue_answered",
        "There is an answer to an issue: to whoever raised or supports it.",
        Source.ISSUE,
        Topic.ISSUES,
        Urgency.ROUTINE,
        (_TITLE, flag("is_closed", "Whether the issue is answered now.", example=True)),
        subject="the issue",
        scope="issues:all",
    ),
)
