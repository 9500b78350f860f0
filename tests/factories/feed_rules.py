"""What RFC 4287, RSS 2.0 and JSON Feed 1.1 ask of a feed, written from those documents and knowing nothing of ours."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import jsonschema_rs

ATOM: Final = "{http://www.w3.org/2005/Atom}"
# Section 3.3: a capital T, and an offset or a capital Z.
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC_822: Final = re.compile(r"(\w{3}, )?\d{2} \w{3} \d{4} \d\d:\d\d:\d\d (GMT|[+-]\d{4})")
_ONCE_OF_FEED: Final = ("id", "title", "updated", "generator", "icon", "logo", "rights", "subtitle")
_ONCE_OF_ENTRY: Final = ("id", "title", "updated", "content", "published", "rights", "source", "summary")
_OF_CHANNEL: Final = {"title", "link", "description", "language", "lastBuildDate", "pubDate", "item", f"{ATOM}link"}
_OF_ITEM: Final = {"title", "link", "description", "guid", "pubDate", "category", "author", "enclosure"}

_JSON_FEED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["version", "title", "items"],
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": {"type": "string", "format": "uri"},
        "feed_url": {"type": "string", "format": "uri"},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Z]{2})?$"},
        "authors": {"type": "array", "items": {"type": "object", "minProperties": 1}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": {"type": "string", "format": "uri"},
                    "title": {"type": "string"},
                    "content_html": {"type": "string"},
                    "date_published": {"type": "string", "format": "date-time"},
                    "date_modified": {"type": "string", "format": "date-time"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def faults_of_atom(body: bytes) -> list[str]:
    root = ET.fromstring(body)
    faults = [] if root.tag == f"{ATOM}feed" else [f"the root is {root.tag}"]
    faults += _wrong_numbers(root, _ONCE_OF_FEED, needed=("id", "title", "updated"))
    entries = root.findall(f"{ATOM}entry")
    has_author = root.find(f"{ATOM}author/{ATOM}name") is not None
    for entry in entries:
        faults += _wrong_numbers(entry, _ONCE_OF_ENTRY, needed=("id", "title", "updated"))
        if not has_author and entry.find(f"{ATOM}author/{ATOM}name") is None:
            faults.append("an entry without an author")
        links = [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        if entry.find(f"{ATOM}content") is None and not links:
            faults.append("an entry with neither content nor an alternate link")
        if entry.find(f"{ATOM}category") is not None and not entry.find(f"{ATOM}category").get("term"):  # pyright: ignore
            faults.append("a category without a term")
    identifiers = [entry.findtext(f"{ATOM}id") for entry in entries]
    faults += ["two entries have one id"] * (len(set(identifiers)) < len(identifiers))
    for element in root.iter():
        name, text = element.tag.removeprefix(ATOM), element.text or ""
        if name in ("updated", "published") and not _is_instant(text):
            faults.append(f"{name} is {text}")
        if name == "id" and not urlsplit(text).scheme:
            faults.append(f"the id {text} is no IRI")
        if name == "link" and not _is_absolute(element.get("href", "")):
            faults.append(f"a link leads to {element.get('href')}")
        if name == "content" and element.get("type") not in ("text", "html", "xhtml"):
            faults.append("content without a type")
    return faults


def faults_of_rss(body: bytes) -> list[str]:
    root = ET.fromstring(body)
    channels = root.findall("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or len(channels) != 1:
        return ["not an RSS 2.0 document with one channel"]
    channel = channels[0]
    faults = [f"a channel without {name}" for name in ("title", "link", "description") if not channel.findtext(name)]
    faults += [f"a channel has {child.tag}" for child in channel if child.tag not in _OF_CHANNEL]
    for item in channel.findall("item"):
        faults += [f"an item has {child.tag}" for child in item if child.tag not in _OF_ITEM]
        if not item.findtext("title") and not item.findtext("description"):
            faults.append("an item with neither title nor description")
        guid = item.find("guid")
        if guid is not None and guid.get("isPermaLink") != "false" and not _is_absolute(guid.text or ""):
            faults.append("a guid that is called an address and is none")
    for element in root.iter():
        text = element.text or ""
        if element.tag in ("pubDate", "lastBuildDate") and not (
            _RFC_822.fullmatch(text) and parsedate_to_datetime(text)
        ):
            faults.append(f"{element.tag} is {text}")
        if element.tag == "link" and not _is_absolute(text):
            faults.append(f"a link leads to {text}")
    return faults


def faults_of_json(body: bytes) -> list[str]:
    import json

    validator = jsonschema_rs.Draft202012Validator(_JSON_FEED, validate_formats=True)
    return [error.message for error in validator.iter_errors(json.loads(body))]


def _wrong_numbers(element: ET.Element, once: tuple[str, ...], *, needed: tuple[str, ...]) -> list[str]:
    faults = []
    for name in once:
        number = len(element.findall(ATOM + name))
        if number > 1 or (number == 0 and name in needed):
            faults.append(f"{number} of {name} in {element.tag}")
    return faults


def _is_instant(text: str) -> bool:
    return _INSTANT.fullmatch(text) is not None and datetime.fromisoformat(text).tzinfo is not None


def _is_absolute(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.netloc)
