"""Consultations, comments and their answers."""

from typing import Final

from app.communications.rules.kinds.examples import SOON, WORDS
from app.communications.rules.kinds.fields import SCHEME, day, markdown, number, text
from app.communications.values import Source, TemplateKind, Topic, Urgency

_N: Final = number("n", "The number of the scheme's version.", 2)
_TEXT: Final = text("text", "The comment.", "The fee is below the cost of a session.", is_required=True)

CONSULTING: Final = (
    TemplateKind(
        "consultation",
        "The local medical committee is asked about a draft.",
        Source.CONSULTATION,
        Topic.SCHEMES,
        Urgency.IMPORTANT,
        (
            SCHEME,
            _N,
            day("until", "The first day on which nobody comments any more.", SOON, is_required=True),
            markdown("words", "The draft in words.", WORDS, is_required=True),
        ),
        subject="the scheme",
        scope="schemes:drafts",
    ),
    TemplateKind(
        "comment",
        "The local medical committee has commented on a draft.",
        Source.CONSULTATION,
        Topic.SCHEMES,
        Urgency.ROUTINE,
        (SCHEME, _N, _TEXT),
        subject="the comment",
        scope="schemes:drafts",
    ),
    TemplateKind(
        "comment_answered",
        "A comment on a draft has been answered.",
        Source.CONSULTATION,
        Topic.SCHEMES,
        Urgency.ROUTINE,
        (SCHEME, _N, _TEXT, text("answer", "The answer.", "It was raised to 300.00.", is_required=True)),
        subject="the comment",
        scope="schemes:drafts",
    ),
)
