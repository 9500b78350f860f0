"""From Markdown to what is safe to show and to what is read without any markup, and from that to a mail."""

import html
from typing import Final

import nh3

from app.communications.rules.plain import markdown_parser, plain_text
from app.communications.values import Rendered

# Raw HTML in the Markdown is shown as text. What is left is cleaned all the same: two fences, as for tenants.
_MARKDOWN: Final = markdown_parser()
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
        # In a mail, a feed or somebody's intranet it would lead nowhere, or elsewhere.
        url_relative="deny",
        link_rel="noopener noreferrer",
    )
    return Rendered(text=plain_text(markdown), html=shown)


# Where an address stands that is another for each recipient; no text of anybody's holds a control character.
ANSWER_HERE: Final = "\x02answer\x03"
STOP_HERE: Final = "\x02stop\x03"
_ANSWER: Final = (
    '<p style="margin: 24px 0"><a href="{here}" style="font-weight: bold">{ask}</a></p><p>If the link does not open, copy'
    " this address into a browser: {here}</p>"
)
_STOP: Final = '<a href="{here}">Stop routine mail about this</a>'


def mail_text(subject: str, body: str, footer: str, *, ask: str | None = None, may_stop: bool = False) -> str:
    """`ask`: the words before the link to answer by. `may_stop`: the reader may have no more such mail."""
    asked = f"\n\n{ask}:\n{ANSWER_HERE}" if ask else ""
    stop = f"\nStop routine mail about this: {STOP_HERE}" if may_stop else ""
    return f"{subject}\n\n{body.strip()}{asked}\n\n-- \n{footer}{stop}\n"


def mail_html(subject: str, body: str, footer: str, *, ask: str | None = None, may_stop: bool = False) -> str:
    asked = _ANSWER.format(here=ANSWER_HERE, ask=html.escape(ask)) if ask else ""
    stop = f" {_STOP.format(here=STOP_HERE)}" if may_stop else ""
    return _FRAME.format(title=html.escape(subject), body=body + asked, footer=html.escape(footer) + stop)
