"""Claims, and reminders of them."""

from dataclasses import replace
from typing import Final

from app.communications.rules.kinds.examples import QUARTER, SOON
from app.communications.rules.kinds.fields import PRACTICE, SCHEME, choice, day, period, pounds, text
from app.communications.values import Source, TemplateKind, Topic, Urgency

_PERIOD: Final = period("period", "The time that the claim is for.", QUARTER, is_required=True)
_SCHEME: Final = replace(SCHEME, is_required=True)

CLAIMING: Final = (
    TemplateKind(
        "claim",
        "Something happened to a practice's claim that the practice did not do itself.",
        Source.CLAIM,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (
            _SCHEME,
            PRACTICE,
            _PERIOD,
            choice("step", "What happened.", "approved", "held", "rejected", "voided"),
            pounds("amount", "What it comes to, where that is known.", 125_000, is_required=True, is_optional=True),
            text(
                "reason",
                "Why, where one was given.",
                "The attendance list is complete.",
                is_required=True,
                is_optional=True,
            ),
        ),
        subject="the claim",
        scope="claims:read",
    ),
    TemplateKind(
        "claim_due",
        "A practice has not declared a claim, and the time for it is nearly over.",
        Source.CLAIM,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (_SCHEME, PRACTICE, _PERIOD, day("closes_on", "The last day to declare it.", SOON, is_required=True)),
        subject="the scheme",
        scope="claims:read",
    ),
    TemplateKind(
        "claim_prepared",
        "The office has made a claim for a practice, which is to declare it.",
        Source.CLAIM,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (_SCHEME, PRACTICE, _PERIOD),
        subject="the scheme",
        scope="claims:read",
    ),
    TemplateKind(
        "session",
        "Once a month a practice is asked which sessions it held, where a scheme pays for each.",
        Source.SESSION,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (_SCHEME, PRACTICE, text("month", "The month that is asked about.", "October 2026", is_required=True)),
        subject="the scheme",
        scope="claims:read",
    ),
)
