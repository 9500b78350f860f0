"""Keyset pages: an opaque signed cursor, the query members every list takes, and the body every list gives."""

import base64
import binascii
import hashlib
import hmac
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from app.core.errors import CursorExpired, CursorInvalid

_SIGNATURE_BYTES: Final = 16
_LONGEST_CURSOR: Final = 2000


class _Payload(msgspec.Struct, array_like=True):
    kind: str
    epoch: str
    values: dict[str, Any]


class Cursors:
    """Makes and reads cursors. The epoch changes on restore, which expires every cursor given out before."""

    def __init__(self, secret_keys: list[bytes], epoch: str) -> None:
        if not secret_keys or not all(secret_keys):
            raise ValueError("Cursors need a key to sign with.")
        self._keys = tuple(secret_keys)
        self._epoch = epoch

    def encode(self, kind: str, values: dict[str, Any]) -> str:
        """Text that goes on after `values`. Dates, instants, ids and decimals come back from `decode` as text."""
        payload = msgspec.json.encode(_Payload(kind, self._epoch, values))
        return _to_text(_sign(self._keys[0], payload) + payload)

    def decode(self, kind: str, text: str) -> dict[str, Any]:
        """The values of a cursor of that kind; `CursorInvalid` or `CursorExpired` otherwise."""
        payload = self._verified(text)
        if payload.kind != kind:
            raise CursorInvalid
        if payload.epoch != self._epoch:
            raise CursorExpired
        return payload.values

    def _verified(self, text: str) -> _Payload:
        sealed = _from_text(text)
        signature, payload = sealed[:_SIGNATURE_BYTES], sealed[_SIGNATURE_BYTES:]
        if not any(hmac.compare_digest(_sign(key, payload), signature) for key in self._keys):
            raise CursorInvalid
        return msgspec.json.decode(payload, type=_Payload)


def _sign(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, hashlib.sha256)[:_SIGNATURE_BYTES]


def _to_text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _from_text(text: str) -> bytes:
    if len(text) > _LONGEST_CURSOR or not text.isascii():
        raise CursorInvalid
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise CursorInvalid from error
    # The decoder skips strange characters and spare bits; one position has exactly one cursor.
    if _to_text(sealed) != text:
        raise CursorInvalid
    return sealed


class PageParams(BaseModel):
    """Query members of every list; a list with filters inherits from it."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200, description="How many at most.")
    cursor: str | None = Field(
        default=None, max_length=_LONGEST_CURSOR, description="`next_cursor` of the page before this one."
    )
    count: Literal["exact"] | None = Field(default=None, description="`exact` adds `total`.")


def page_body(data: list[Any], next_cursor: str | None, total: int | None = None) -> dict[str, Any]:
    """The body of every list; `total` only where the caller asked to count."""
    body: dict[str, Any] = {"data": data, "next_cursor": next_cursor}
    return body if total is None else body | {"total": total}


def link_header(request_url: object, cursor: str) -> str:
    """The `Link` value that leads to the next page: the same path and filters, with that cursor.

    Without a host: the one of the request is whatever the caller wrote into its header.
    """
    parts = urlsplit(str(request_url))
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "cursor"]
    query = urlencode([*kept, ("cursor", cursor)])
    return f'<{urlunsplit(("", "", parts.path, query, ""))}>; rel="next"'
