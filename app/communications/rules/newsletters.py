"""An edition of a newsletter in words: what its editor wrote, then each item under its title."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from app.communications.rules.rendering import render_markdown
from app.communications.values import Composed, FeedEntry, FeedKind, Item

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
# Meetings are told of as long as they are to come, whenever they were planned.
_ALWAYS: Final = frozenset({FeedKind.MEETINGS})
_ORDER: Final = (FeedKind.ANNOUNCEMENTS, FeedKind.MEETINGS, FeedKind.ISSUES)


def as_markdown(*lines: str) -> str:
    """Plain lines as paragraphs of Markdown in which nothing is a sign."""
    return "\n\n".join(_PUNCTUATION.sub(r"\\\1", " ".join(line.split())) for line in lines)


def collect(entries: Iterable[FeedEntry], *, since: datetime, until: datetime | None, limit: int) -> list[Item]:
    """What was posted in the period (None: up to now), once each, kind by kind, the latest first."""
    fitting = {
        (entry.kind, entry.id): entry
        for entry in entries
        if entry.kind in _ORDER and (entry.kind in _ALWAYS or _is_within(entry.updated_at, since, until))
    }
    latest = sorted(fitting.values(), key=lambda entry: (entry.updated_at, entry.id), reverse=True)
    ordered = sorted(latest, key=lambda entry: _ORDER.index(entry.kind))
    return [Item(entry.kind, entry.id, entry.title) for entry in ordered[:limit]]


def _is_within(at: datetime, since: datetime, until: datetime | None) -> bool:
    return since <= at and (until is None or at < until)


def compose(intro: str, items: Sequence[Item], entries: Collection[FeedEntry]) -> Composed:
    """The items that are there for this edition, in the editor's order; others are left out without a word."""
    found = {(entry.kind, entry.id): entry for entry in entries}
    shown = [found[item.key] for item in items if item.key in found]
    parts = [intro.strip(), *(f"## {as_markdown(entry.title)}\n\n{entry.markdown.strip()}" for entry in shown)]
    markdown = "\n\n".join(part for part in parts if part)
    rendered = render_markdown(markdown)
    return Composed(
        markdown, rendered.text, rendered.html, tuple(Item(entry.kind, entry.id, entry.title) for entry in shown)
    )
