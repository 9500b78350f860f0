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
        link_rel="noopener noreferrer",
    )
    return Rendered(text=plain_text(markdown), html=shown)


def mail_text(subject: str, body: str, footer: str) -> str:
    return f"{subject}\n\n{body.strip()}\n\n-- \n{footer}\n"


def mail_html(subject: str, body: str, footer: str) -> str:
    return _FRAME.format(title=html.escape(subject), body=body, footer=html.escape(footer))
