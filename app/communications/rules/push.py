"""Web push: what goes into a notification, sealed for one browser (RFC 8291), and the key by which we are known (RFC 8292)."""

import base64
import binascii
import json
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from app.communications.values import Urgency

PURPOSE: Final = "web-push"
SALT_BYTES: Final = 16
# The order of the curve P-256 (SEC 2, 2.4.2): a private key is a number from 1 to one less than it.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_RECORD: Final = 4096
# What is whole in one record, and what every push service takes: 4,096 bytes with 16 of the tag, 86 of the header, and the mark.
_MOST_BYTES: Final = 3993
_MOST_TITLE: Final = 200
# Over a weekend; the inbox keeps it for whoever comes later.
TTL_SECONDS: Final = 3 * 24 * 3600


def server_key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """The same key from the same 32 bytes, so that nothing of it is stored."""
    return ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, ec.SECP256R1())


def public_key(seed: bytes) -> str:
    """What a page gives to `pushManager.subscribe` as `applicationServerKey`: 87 letters."""
    return encode(_point(server_key(seed).public_key()))


def signing_key(seed: bytes) -> bytes:
    """The private key in PEM, for whoever signs with it."""
    return server_key(seed).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Base64url, with or without its end. ValueError for whatever else it is."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def browser_keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """The two keys of a browser as bytes. ValueError where nothing could be sealed for them: no point of the curve, or a
    secret that has not 16 bytes.
    """
    point, secret = decode(p256dh), decode(auth)
    if len(point) != 65 or len(secret) != 16:
        raise ValueError("of another length")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return point, secret


def notification(title: str, urgency: Urgency, *, url: str, tag: UUID) -> bytes:
    """What the page's worker is handed: a title and where to read, and nothing of what the message says. Of two with one
    `tag` a browser shows the later in place of the earlier, so that a message that comes twice is seen once.
    """
    said = f"Critical: {title}" if urgency is Urgency.CRITICAL else title
    cut = said if len(said) <= _MOST_TITLE else f"{said[: _MOST_TITLE - 1]}…"
    return json.dumps({"title": cut, "url": url, "tag": str(tag)}, ensure_ascii=False).encode()


def headers(urgency: Urgency, tag: UUID) -> dict[str, str]:
    """RFC 8030: how long it is kept for a browser that is away, whether a sleeping telephone is woken for it, and under
    which name a later one takes the place of one that waits.
    """
    return {
        "TTL": str(TTL_SECONDS),
        "Urgency": "high" if urgency is Urgency.CRITICAL else "normal",
        "Topic": encode(tag.bytes),
    }


def seal(plain: bytes, *, p256dh: bytes, auth: bytes, salt: bytes, ephemeral: ec.EllipticCurvePrivateKey) -> bytes:
    """The body of the request, `Content-Encoding: aes128gcm`. `salt` and `ephemeral` are fresh for each."""
    if len(plain) > _MOST_BYTES:
        raise ValueError("too long for one record")
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    ours = _point(ephemeral.public_key())
    shared = ephemeral.exchange(ec.ECDH(), browser)
    secret = _derive(shared, salt=auth, info=b"WebPush: info\0" + p256dh + ours, length=32)
    key = _derive(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derive(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    header = salt + _RECORD.to_bytes(4) + len(ours).to_bytes(1) + ours
    return header + AESGCM(key).encrypt(nonce, plain + b"\x02", None)


def _derive(key: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=info).derive(key)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
