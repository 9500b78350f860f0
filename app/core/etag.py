"""Entity tags, always strong: a row's version, or a digest of what the answer depends on."""

import hashlib
import re
from typing import Final

import msgspec

from app.core.errors import NotThereYet, PreconditionFailed, PreconditionRequired

_TAG: Final = re.compile(r'(?P<weak>W/)?"(?P<value>[\x21\x23-\x7e\x80-\xff]*)"')
_LIST: Final = re.compile(rf"\s*(?:{_TAG.pattern.replace('?P<weak>', '').replace('?P<value>', '')}\s*(?:,\s*|$))+")


def version_etag(version: int) -> str:
    """The tag of a single row: `"v3"`."""
    return f'"v{version}"'


def digest_etag(*parts: object) -> str:
    """The tag of an answer that is a pure function of these parts; the order of a mapping's members does not count."""
    return bytes_etag(msgspec.json.encode(parts, order="deterministic"))


def bytes_etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches_none(header: str | None, etag: str) -> bool:
    """Whether If-None-Match names what we have, so that the answer is 304. Weak comparison, as RFC 9110 says."""
    if header is None:
        return False
    return header.strip() == "*" or any(value == etag.strip('"') for _, value in _tags(header))


def check_if_match(header: str | None, etag: str | None, *, required: bool) -> None:
    """Refuse a change of something the caller has not seen. `etag` is None where nothing exists yet."""
    if header is None:
        if required:
            raise PreconditionRequired
        return
    if etag is None:
        raise NotThereYet("Send the same request without If-Match to make it.")
    if header.strip() == "*":
        return
    # A weak tag promises equal meaning only, which is not enough to overwrite.
    if not any(value == etag.strip('"') and not weak for weak, value in _tags(header)):
        raise PreconditionFailed


def _tags(header: str) -> list[tuple[str, str]]:
    return _TAG.findall(header) if _LIST.fullmatch(header) else []
