"""From an outgoing message to the bytes on the wire.

The library's message classes cost eighteen times the rendering of a template, which would make building a message
slower than sending it. So the bytes are joined here: fixed parts are made once, and headers only as they need it.
"""

import base64
import binascii
import re
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from app.communications.ports import Outgoing
from app.core.addresses import domain_key
from app.core.clock import Clock

MAX_ADDRESS = 254
MAX_LINE = 998
MAX_HEADER_VALUE = 900
# A header line with an encoded word in it is at most 76 characters long (RFC 2047). 36 bytes are 48 in base64, their
# frame has 12 characters, and "Subject: " nine.
SHORT_LINE = 76
WORD_BYTES = 36
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>", re.ASCII)
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}", re.ASCII)
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+", re.ASCII)
OURS = frozenset(
    ("from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "mime-version", "received", "return-path")
)
TEXT = b"text/plain"
HTML = b"text/html"


class Unsendable(ValueError):
    """This message can never be sent as it is. The text names the part at fault and holds none of its content."""


class MessageBuilder:
    def __init__(self, sender: str, *, clock: Clock) -> None:
        """`sender` is an address or `Name <address>`."""
        _refuse_control(sender, "sender")
        name, address = parseaddr(sender)
        self.address = checked_address(address, "sender")
        self._clock = clock
        self._after_to = b"From: %b\r\nMIME-Version: 1.0\r\n" % _mailbox(name, self.address, "sender")

    def build(self, message: Outgoing) -> bytes:
        to = checked_address(message.to, "to")
        if not MESSAGE_ID.fullmatch(message.message_id):
            raise Unsendable("message_id is malformed")
        return b"".join(
            (
                b"Message-ID: %b\r\nDate: %b\r\nTo: " % (message.message_id.encode(), _date_line(self._clock.now())),
                _mailbox(message.to_name, to, "to_name"),
                b"\r\n",
                self._after_to,
                b"Subject: %b\r\n" % _unstructured(message.subject, "subject"),
                *(_extra_header(name, value) for name, value in message.headers.items()),
                _body(message),
            )
        )


def checked_address(address: str, part: str) -> str:
    """An address as it may stand in an SMTP command: ASCII, the domain in its IDNA form."""
    local, at, domain = address.rpartition("@")
    if at and not domain.isascii():
        # The same form as the one by which persons are told apart.
        address = f"{local}@{domain_key(domain)}"
    if len(address) > MAX_ADDRESS or not ADDRESS.fullmatch(address) or ".." in address:
        raise Unsendable(f"{part} is not an address that can be sent to")
    return address


def _mailbox(name: str | None, address: str, part: str) -> bytes:
    if not name:
        return address.encode()
    _refuse_control(name, part)
    if not name.isascii() or "=?" in name or len(name) + len(address) > SHORT_LINE - 10:
        return b"%b\r\n <%b>" % (_encoded_words(name, part), address.encode())
    if not ATOMS.fullmatch(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>".encode()


@lru_cache(maxsize=256)
def _unstructured(value: str, part: str) -> bytes:
    _refuse_control(value, part)
    if value.isascii() and len(value) <= SHORT_LINE - 10 and "=?" not in value and value == value.strip():
        return value.encode()
    return _encoded_words(value, part)


def _refuse_control(value: str, part: str) -> None:
    # A line break here would let a title write headers, recipients included, or a second message.
    if CONTROL.search(value):
        raise Unsendable(f"{part} holds a control character")


def _encoded_words(value: str, part: str) -> bytes:
    """RFC 2047, base64; no character is cut in two, as the words are decoded one by one."""
    words, word = [], bytearray()
    try:
        for character in value:
            encoded = character.encode("utf-8")
            if len(word) + len(encoded) > WORD_BYTES:
                words.append(bytes(word))
                word.clear()
            word += encoded
    except UnicodeEncodeError as error:
        raise Unsendable(f"{part} is not text") from error
    words.append(bytes(word))
    return b"\r\n ".join(b"=?utf-8?b?%b?=" % base64.b64encode(each) for each in words)


def _extra_header(name: str, value: str) -> bytes:
    if not HEADER_NAME.fullmatch(name) or name.lower() in OURS or name.lower().startswith("content-"):
        raise Unsendable("a header has a name that is not allowed")
    _refuse_control(value, f"header {name}")
    if not value.isascii() or not value.strip() or len(value) > MAX_HEADER_VALUE:
        raise Unsendable(f"header {name} is not a short ASCII value")
    return f"{name}: {value}\r\n".encode()


@lru_cache(maxsize=4)
def _date_text(second: datetime) -> bytes:
    return format_datetime(second).encode()


def _date_line(now: datetime) -> bytes:
    return _date_text(now.replace(microsecond=0))


def _body(message: Outgoing) -> bytes:
    text = _part(TEXT, message.text, "text")
    if message.html is None:
        return text
    # "=_" occurs in no quoted-printable or base64 text, and the id in no text written before the delivery.
    boundary = b"=_%b" % message.delivery_id.hex.encode()
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n--%b\r\n' % (boundary, boundary),
            text,
            b"\r\n--%b\r\n" % boundary,
            _part(HTML, message.html, "html"),
            b"\r\n--%b--\r\n" % boundary,
        )
    )


def _part(kind: bytes, content: str, part: str) -> bytes:
    try:
        raw = content.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unsendable(f"{part} is not text") from error
    encoding, body = _encoded(raw)
    return b'Content-Type: %b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n%b' % (kind, encoding, body)


def _encoded(raw: bytes) -> tuple[bytes, bytes]:
    """As it is where every server takes it so; else whichever of the two encodings is the shorter."""
    if raw.isascii() and b"\0" not in raw and max(map(len, raw.split(b"\n"))) <= MAX_LINE:
        return b"7bit", raw.replace(b"\n", b"\r\n")
    quoted = binascii.b2a_qp(raw, istext=True).replace(b"\n", b"\r\n")
    if len(quoted) * 3 <= len(raw) * 4:
        return b"quoted-printable", quoted
    return b"base64", base64.encodebytes(raw.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
