"""Offers and sign-ups."""

from typing import Final

from app.communications.rules.kinds.examples import SIGNED, SOON, WORDS
from app.communications.rules.kinds.fields import PRACTICE, SCHEME, day, markdown, text
from app.communications.values import Source, TemplateKind, Topic, Urgency

_RESPOND_BY: Final = day(
    "respond_by", "The last day for an answer, where one is set.", SOON, is_required=True, is_optional=True
)

JOINING: Final = (
    TemplateKind(
        "offer",
        "A practice is offered a place in a scheme.",
        Source.OFFER,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (
            SCHEME,
            PRACTICE,
            _RESPOND_BY,
            markdown("words", "The scheme in words, and what it would pay this practice.", WORDS, is_required=True),
        ),
        subject="the scheme",
        scope="signups:write",
    ),
    TemplateKind(
        "offer_due",
        "A practice has not answered an offer, and the last day is near.",
        Source.OFFER,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (SCHEME, PRACTICE, _RESPOND_BY),
        subject="the scheme",
        scope="signups:write",
    ),
    TemplateKind(
        "sign_up",
        "The office has recorded that a practice signed up.",
        Source.SIGN_UP,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (
            SCHEME,
            PRACTICE,
            day("signed_on", "The day it was signed, where known.", SIGNED, is_optional=True),
            text("signatory", "Who signed, where known.", "Dr Ada Wren", is_optional=True),
        ),
        subject="the scheme",
        scope="signups:write",
    ),
)
