"""Queries about lines of statements, and corrections."""

from dataclasses import replace
from typing import Any, Final

from app.communications.rules.kinds.examples import SOON, STATEMENT
from app.communications.rules.kinds.fields import PRACTICE, choice, day, flag, text
from app.communications.values import Source, TemplateField, TemplateKind, Topic, Urgency

_WHOSE: Final = replace(PRACTICE, meaning="The practice that asks.", is_required=False)
_LINE: Final = text("line", "The line's reference.", f"{STATEMENT}-1", is_required=True)
_DUE: Final = day("due_on", "The last day for an answer.", SOON, is_required=True)
_PASSING_DUE: Final = day("due_on", "The last day for an answer.", SOON)
_ANSWERED: Final = flag("is_answered", "Whether an earlier amount was approved, which stands.", example=False)


def _kind(key: str, purpose: str, *fields: TemplateField, **more: Any) -> TemplateKind:
    return TemplateKind(
        key,
        purpose,
        Source.QUERY,
        Topic.STATEMENTS,
        Urgency.IMPORTANT,
        (_LINE, *fields),
        subject="the query",
        scope="queries:all",
        **more,
    )


QUERYING: Final = (
    _kind("query_opened", "A practice asks about a line: to the office.", PRACTICE, _DUE),
    _kind("query_shared", "A practice lets the local medical committee read its query.", PRACTICE, _DUE),
    _kind(
        "query_message",
        "The other side has written in a query.",
        _WHOSE,
        choice("side", "Who has written.", "practice", "office"),
        _DUE,
    ),
    _kind("correction_proposed", "A correction needs a second person.", PRACTICE, _ANSWERED, _PASSING_DUE),
    _kind(
        "correction_refused",
        "A correction was refused: to whoever proposed it.",
        PRACTICE,
        _ANSWERED,
        _PASSING_DUE,
    ),
    _kind("correction_corrected", "A corrected amount is corrected in its turn: to the practice."),
    _kind(
        "query_answered",
        "A query is answered: to the practice; one that was withdrawn: to the office.",
        _WHOSE,
        choice("outcome", "How it ended.", "upheld", "explained", "withdrawn"),
    ),
    _kind("query_overdue", "A query should have been answered by now.", PRACTICE, _DUE),
)
