"""A feed in the three forms that readers know: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1."""

import html
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

from app.communications.values import FeedEntry, FeedPage
from app.core.clock import utc_text

_ATOM: Final = "http://www.w3.org/2005/Atom"
_LANGUAGE: Final = "en-GB"
# What XML 1.0 cannot hold, however it is escaped.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ET.register_namespace("atom", _ATOM)


def urn(identifier: Any) -> str:
    return f"urn:uuid:{identifier}"


def atom(page: FeedPage) -> bytes:
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": _LANGUAGE})
    _add(root, "id", urn(page.id))
    _add(root, "title", page.title, type="text")
    _add(root, "updated", utc_text(page.updated_at))
    _add(ET.SubElement(root, "author"), "name", page.author)
    if page.own_url is not None:
        ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": page.own_url})
    for entry in page.entries:
        element = ET.SubElement(root, "entry")
        _add(element, "id", urn(entry.id))
        _add(element, "title", entry.title, type="text")
        _add(element, "published", utc_text(entry.published_at))
        _add(element, "updated", utc_text(entry.updated_at))
        ET.SubElement(element, "link", {"rel": "alternate", "href": page.base_url + entry.path})
        ET.SubElement(element, "category", {"term": entry.kind.value})
        _add(element, "content", entry.html, type="html")
    return _written(root)


def rss(page: FeedPage) -> bytes:
    root = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", page.title)
    _add(channel, "link", page.base_url)
    _add(channel, "description", f"{page.title}, from {page.author}")
    _add(channel, "language", _LANGUAGE.lower())
    _add(channel, "lastBuildDate", _rfc822(page.updated_at))
    if page.own_url is not None:
        ET.SubElement(channel, f"{{{_ATOM}}}link", {"rel": "self", "type": "application/rss+xml", "href": page.own_url})
    for entry in page.entries:
        item = ET.SubElement(channel, "item")
        _add(item, "title", entry.title)
        _add(item, "link", page.base_url + entry.path)
        _add(item, "guid", urn(entry.id), isPermaLink="false")
        _add(item, "pubDate", _rfc822(entry.published_at))
        _add(item, "category", entry.kind.value)
        _add(item, "description", entry.html)
    return _with_numbered_references(_written(root))


def json_feed(page: FeedPage) -> bytes:
    body: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": page.title,
        "home_page_url": page.base_url,
        "language": _LANGUAGE,
        "authors": [{"name": page.author}],
        "items": [
            {
                "id": urn(entry.id),
                "url": page.base_url + entry.path,
                "title": entry.title,
                "content_html": entry.html,
                "date_published": utc_text(entry.published_at),
                "date_modified": utc_text(entry.updated_at),
                "tags": [entry.kind.value],
            }
            for entry in page.entries
        ],
    }
    if page.own_url is not None:
        body["feed_url"] = page.own_url
    return json.dumps(body, ensure_ascii=False).encode()


def latest(entries: Iterable[FeedEntry], limit: int) -> tuple[FeedEntry, ...]:
    """The latest changes first; the ids settle what changed at the same instant."""
    return tuple(sorted(entries, key=lambda entry: (entry.updated_at, entry.id), reverse=True)[:limit])


def paragraphs(*lines: str) -> str:
    """Plain lines as HTML."""
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines)


def _add(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = _NOT_XML.sub("", text)


def _written(root: ET.Element) -> bytes:
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _with_numbered_references(xml: bytes) -> bytes:
    """The same to XML, and shown as it stands by most of those readers that take a title for HTML: RSS Best Practices Profile
    (RSS Advisory Board, 2007), on character data.
    """
    return xml.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def _rfc822(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC).replace(microsecond=0), usegmt=True)
