"""What a mail that comes back says: delivery status reports (RFC 3464) and complaints (RFC 5965)."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Final
from uuid import UUID

from app.communications.rules.envelope import BounceAddress
from app.communications.values import Bounce, BounceKind
from app.core.addresses import address_key

LARGEST_REPORT: Final = 5 * 1024 * 1024
_MOST_RECIPIENTS: Final = 100
_MESSAGE_ID: Final = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^>\s]+>", re.IGNORECASE)
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")
_ADDRESS: Final = re.compile(r"[^\s<>;:,\"()]+@[^\s<>;:,\"()]+")
_TO_US: Final = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


def read_report(raw: bytes, *, returns: BounceAddress | None = None) -> list[Bounce]:
    """What a mail says of ours that failed; nothing where it is an ordinary mail, a delay, or not to be made out."""
    if len(raw) > LARGEST_REPORT:
        return []
    report = message_from_bytes(raw, policy=compat32)
    marked = _marked_delivery(report, returns)
    delivery_id = marked or _original_delivery(report)
    if delivery_id is None:
        return []
    found = [*_failures(report), *_complaints(report)]
    return [Bounce(delivery_id, keys, kind, detail, marked is not None) for keys, kind, detail in found]


def delivery_of(message_id: str) -> UUID | None:
    """The delivery that our Message-ID names."""
    match = _MESSAGE_ID.search(message_id)
    return UUID(match[1]) if match else None


def kind_of_status(action: str, status: str) -> BounceKind | None:
    """By the enhanced status code (RFC 3463): 5.1.x is about the address and 5.2.0 and 5.2.1 about a mailbox that takes
    nothing; a full one, size, routes and policy are no reason never to write again. None: nothing has failed yet.
    """
    if action.strip().lower() != "failed":
        return None
    match = _STATUS.search(status)
    if match is None or match[1] != "5":
        return BounceKind.SOFT
    subject, detail = int(match[2]), int(match[3])
    return BounceKind.HARD if (subject == 1 and detail != 8) or (subject == 2 and detail < 2) else BounceKind.SOFT


Found = tuple[frozenset[str], BounceKind, str]


def _failures(report: Message) -> Iterator[Found]:
    for part in _parts(report, "message/delivery-status"):
        for block in _blocks(part)[:_MOST_RECIPIENTS]:
            kind = kind_of_status(_field(block, "Action"), _field(block, "Status"))
            keys = _keys(_field(block, "Final-Recipient"), _field(block, "Original-Recipient"))
            if kind is not None and keys:
                detail = f"{_field(block, 'Status')} {_field(block, 'Diagnostic-Code')}"
                yield keys, kind, scrubbed(detail)


def _complaints(report: Message) -> Iterator[Found]:
    for part in _parts(report, "message/feedback-report"):
        for block in _blocks(part):
            kind = _field(block, "Feedback-Type").strip().lower()
            keys = _keys(*(str(each) for each in block.get_all("Original-Rcpt-To", [])))
            if kind == "abuse":
                yield keys, BounceKind.COMPLAINT, "complained about"


def _blocks(part: Message) -> list[Message]:
    """The library parses a status into messages; other reports of fields come as text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    return [message_from_bytes(str(payload).encode("ascii", "replace"), policy=compat32)]


def _parts(report: Message, kind: str) -> Iterator[Message]:
    return (part for part in report.walk() if part.get_content_type() == kind)


def _field(block: Message, name: str) -> str:
    return str(block.get(name, ""))[:1000]


def _keys(*fields: str) -> frozenset[str]:
    """`rfc822; bob@practice.example`, each as it is compared."""
    found = (address_key(match[0]) for field in fields for match in _ADDRESS.finditer(field))
    return frozenset(key for key in found if key)


def _marked_delivery(report: Message, returns: BounceAddress | None) -> UUID | None:
    if returns is None:
        return None
    values = (str(value) for name in _TO_US for value in report.get_all(name, []))
    return next((found for value in values if (found := returns.read(value))), None)


def _original_delivery(report: Message) -> UUID | None:
    """From what the report gives back of the mail: whole, or its headers alone."""
    for part in report.walk():
        if part is report:
            continue
        found = delivery_of(str(part.get("Message-ID", "")))
        if found is None and part.get_content_type() == "text/rfc822-headers":
            text = str(part.get_payload())
            found = delivery_of(
                _field(message_from_bytes(text.encode("ascii", "replace"), policy=compat32), "Message-ID")
            )
        if found is not None:
            return found
    return None


def scrubbed(text: str) -> str:
    """Without addresses and without what steers a terminal: it is kept and shown."""
    return _ADDRESS.sub("(address)", _UNPRINTABLE.sub(" ", text))[:200].strip()
