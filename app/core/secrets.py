"""Secrets that are stored: sealed under the installation's keys, of which the newest seals and all of them open."""

import base64
import binascii
import os
import re
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORM: Final = "s1"
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class SecretUnreadable(Exception):
    """A sealed record was changed, belongs to another context, or was sealed under a key that is gone."""


class SecretBox:
    def __init__(self, keys: list[tuple[str, bytes]]) -> None:
        """Keys with their ids, newest first."""
        if not keys:
            raise ValueError("At least one secret key is needed.")
        if len({key_id for key_id, _ in keys}) != len(keys):
            raise ValueError("Two secret keys have the same id.")
        for key_id, key in keys:
            _check_key(key_id, key)
        self._newest = keys[0][0]
        self._keys = dict(keys)
        self._ciphers = {key_id: AESGCM(_derived(key, "seal")) for key_id, key in keys}

    @classmethod
    def from_setting(cls, setting: str) -> "SecretBox":
        """`id:base64` of 32 bytes each, separated by commas, newest first."""
        return cls([_parse_key(entry.strip()) for entry in setting.split(",") if entry.strip()])

    def seal(self, plain: bytes, *, context: str) -> str:
        """Text to store. The context (which row, which column) is not in it, and has to be the same to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain, _bound(self._newest, context))
        return f"{_FORM}.{self._newest}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, record: str, *, context: str) -> bytes:
        key_id, sealed = _parts(record)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SecretUnreadable(f"The secret key {key_id!r} is not among the configured ones.")
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(key_id, context))
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable("The sealed record was changed or belongs elsewhere.") from error

    def derive(self, purpose: str) -> bytes:
        """A key for that purpose alone, for signing what leaves us; from the newest secret key."""
        return _derived(self._keys[self._newest], purpose)

    def derive_all(self, purpose: str) -> list[bytes]:
        """The same from every key, newest first: what an older one signed still verifies."""
        return [_derived(key, purpose) for key in self._keys.values()]

    def __repr__(self) -> str:
        return f"SecretBox({', '.join(self._keys)})"


def new_key_setting() -> str:
    """A fresh key as a value for `PLENARY_SECRET_KEYS`; put it in front of the others to rotate."""
    return f"k{os.urandom(4).hex()}:{base64.b64encode(os.urandom(_KEY_BYTES)).decode()}"


def _check_key(key_id: str, key: bytes) -> None:
    if not _KEY_ID.fullmatch(key_id):
        raise ValueError("The id of a secret key is letters, digits, - and _, at most 32.")
    if len(key) != _KEY_BYTES:
        raise ValueError(f"The secret key {key_id} has to be {_KEY_BYTES} bytes.")
    # Copied from an example, or made by hand: anyone could guess it.
    if len(set(key)) < _KEY_BYTES // 4:
        raise ValueError(f"The secret key {key_id} is not random.")


def _parse_key(entry: str) -> tuple[str, bytes]:
    key_id, separator, text = entry.partition(":")
    # The id is looked at before anything is said of it: written the wrong way round it would be the key itself.
    if not separator or not _KEY_ID.fullmatch(key_id):
        raise ValueError("a secret key is written id:base64; `plenary keys secret` prints one")
    try:
        return key_id, base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except binascii.Error as error:
        raise ValueError(f"The secret key {key_id[:32]} is not base64.") from error


def _parts(record: str) -> tuple[str, bytes]:
    form, _, rest = record.partition(".")
    key_id, _, text = rest.partition(".")
    if form != _FORM or not _KEY_ID.fullmatch(key_id) or not text.isascii():
        raise SecretUnreadable("This is not a sealed record.")
    try:
        sealed = base64.urlsafe_b64decode(text)
    except binascii.Error as error:
        raise SecretUnreadable("This is not a sealed record.") from error
    if base64.urlsafe_b64encode(sealed).decode() != text:
        raise SecretUnreadable("This is not a sealed record.")
    return key_id, sealed


def _bound(key_id: str, context: str) -> bytes:
    return f"{_FORM}\0{key_id}\0{context}".encode()


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"plenary/{purpose}".encode()).derive(key)
