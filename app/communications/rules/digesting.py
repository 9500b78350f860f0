"""A digest: what waited, whole, the newest first."""

import html
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from app.communications.values import DigestItem, Rendered
from app.core.clock import LONDON, london_date
from app.core.wording import day_text

MOST_CHARACTERS: Final = 100_000
_MORE: Final = "The rest is in your inbox:"


def digest_subject(items: Sequence[DigestItem], *, window: datetime) -> str:
    """`3 messages, 28 March 2027`"""
    number = "1 message" if len(items) == 1 else f"{len(items)} messages"
    return f"{number}, {day_text(london_date(window))}"


def digest_body(items: Sequence[DigestItem]) -> Rendered:
    """Each message whole while there is room; after that their titles, so that a digest never grows past a mail."""
    newest = sorted(items, key=lambda item: (item.at, item.subject), reverse=True)
    whole, room = [], MOST_CHARACTERS
    for item in newest:
        room -= len(item.text) + len(item.html)
        if room < 0 and whole:
            break
        whole.append(item)
    rest = newest[len(whole) :]
    text = [f"{item.subject}\n{_when(item)}\n\n{item.text}" for item in whole]
    shown = [f"<h2>{html.escape(item.subject)}</h2><p>{_when(item)}</p>{item.html}" for item in whole]
    if rest:
        text.append("\n".join([_MORE, *(f"- {item.subject}" for item in rest)]))
        titles = "".join(f"<li>{html.escape(item.subject)}</li>" for item in rest)
        shown.append(f"<p>{_MORE}</p><ul>{titles}</ul>")
    return Rendered(text="\n\n\n".join(text), html="<hr>".join(shown))


def _when(item: DigestItem) -> str:
    moment = item.at.astimezone(LONDON)
    return f"{day_text(moment.date())}, {moment:%H:%M}"
