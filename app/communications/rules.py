"""Pure parts: Markdown to what is safe to show, and what becomes of a delivery after a try."""

import html
from datetime import timedelta
from typing import Final

import nh3
from markdown_it import MarkdownIt

from app.communications.ports import Outcome
from app.communications.values import DeliveryState, Rendered

MAX_ATTEMPTS: Final = 10
MAX_DOUBTS: Final = 1
BATCH_SIZE: Final = 200
# Raw HTML in the Markdown is shown as text. What is left is cleaned all the same: two fences, as for tenants.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")
_TAGS: Final = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = {"https", "http", "mailto", "tel"}
_FRAME: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="font-family: Arial, sans-serif; font-size: 16px; line-height: 1.5; max-width: 40em">'
    "<h1>{title}</h1>{body}<hr><p>{footer}</p></body></html>"
)


def render_markdown(markdown: str) -> Rendered:
    """Once for each announcement, however many get it. Images and scripts are left out: they would tell who reads."""
    shown = nh3.clean(
        _MARKDOWN.render(markdown),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )
    return Rendered(text=markdown, html=shown)


def mail_text(subject: str, body: str, footer: str) -> str:
    return f"{subject}\n\n{body.strip()}\n\n-- \n{footer}\n"


def mail_html(subject: str, body: str, footer: str) -> str:
    return _FRAME.format(title=html.escape(subject), body=body, footer=html.escape(footer))


def state_after(outcome: Outcome, *, doubts: int) -> tuple[DeliveryState, int]:
    """The delivery's state and its doubts after a try.

    A message that may have arrived is sent once more under the same Message-ID, so that none is lost and a receiver can
    drop the second copy. If nobody answers again, a person has to look.
    """
    if outcome.state == "sent":
        return DeliveryState.SENT, doubts
    if outcome.state == "failed_permanent":
        return DeliveryState.FAILED, doubts
    if outcome.state == "failed_temporary":
        return DeliveryState.QUEUED, doubts
    return (DeliveryState.IN_DOUBT if doubts >= MAX_DOUBTS else DeliveryState.QUEUED), doubts + 1


def wait_before(attempt: int) -> timedelta:
    """How long a batch waits before its next try: half a minute, doubled each time, at most half an hour."""
    return timedelta(seconds=min(30 * 2 ** max(attempt - 1, 0), 1800))
