"""Ways out of a commissioner: set up, kept secret, and the signed addresses at which providers call back."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from app.communications.errors import CallbackUnknown, ProviderKeyInvalid, ProviderKeyMissing
from app.communications.repository.channels import ProviderRepository
from app.communications.rules.notify import NotifyKey
from app.communications.tables import MessageProvider
from app.communications.values import ProviderKind, WantedProvider
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.ids import new_id
from app.core.repository import Expected
from app.core.secrets import SecretBox

_PURPOSE: Final = "provider-callback"
_MAC_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class CallbackAddress:
    """Who calls back: a provider of a commissioner, by the id that stands in its address."""

    commissioner_id: UUID
    callback_id: UUID
    kind: ProviderKind


@dataclass(frozen=True, slots=True)
class CallbackSecrets:
    """What a provider is told: the end of the address, and the bearer token where it sends one."""

    token: str
    bearer: str


async def set_provider(
    session: Tx, box: SecretBox, kind: ProviderKind, wanted: WantedProvider, *, expected: Expected, now: datetime
) -> tuple[MessageProvider, bool]:
    """Set it up or change it. True with the row when its callback address is new, and has to be told to the provider."""
    row = await ProviderRepository(session, session.tenant).find_kind(kind, for_update=True)
    expected.check(row.version if row else None)
    is_new = row is None
    if row is None:
        row = MessageProvider(commissioner_id=session.tenant, kind=kind.value, changed_at=now)
        session.add(row)
    if wanted.rotate_callback and not is_new:
        row.callback_id = new_id()
    if wanted.api_key is not None:
        row.api_key = box.seal(_checked_key(wanted.api_key).encode(), context=_context(row))
        row.fault = row.fault_at = None
    if kind is ProviderKind.NOTIFY and row.api_key is None:
        raise ProviderKeyMissing
    row.email_template, row.text_template = wanted.email_template, wanted.text_template
    row.rate_per_minute, row.daily_limit = wanted.rate_per_minute, wanted.daily_limit
    row.is_active, row.changed_at = wanted.is_active, now
    # Flushed here, so that two first settings at once clash in this call; it raises the row's version.
    await session.flush()
    audit(session, "message_provider.changed", kind.value, active=row.is_active, new_key=wanted.api_key is not None)
    return row, is_new or wanted.rotate_callback


def _checked_key(text: str) -> str:
    try:
        NotifyKey.parse(text)
    except ValueError as error:
        raise ProviderKeyInvalid(errors=[FieldError("/api_key", "invalid", str(error))]) from error
    return text.strip()


def _context(row: MessageProvider) -> str:
    return f"message_provider:{row.commissioner_id}/{row.kind}:api_key"


def open_key(box: SecretBox, row: MessageProvider) -> NotifyKey | None:
    if row.api_key is None:
        return None
    return NotifyKey.parse(box.open(row.api_key, context=_context(row)).decode())


def callback_secrets(box: SecretBox, row: MessageProvider) -> CallbackSecrets:
    """Signed, not stored: whoever steals the database has none of them."""
    address = CallbackAddress(row.commissioner_id, row.callback_id, ProviderKind(row.kind))
    key = box.derive(_PURPOSE)
    return CallbackSecrets(
        _text(address.commissioner_id.bytes + address.callback_id.bytes + _mac(key, "address", address)),
        _text(_mac(key, "bearer", address, length=32)),
    )


def read_callback_token(box: SecretBox, token: str, kind: ProviderKind) -> CallbackAddress | None:
    """Whose address it is; None for every token that is not ours for this kind of provider."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 32 + _MAC_BYTES or _text(raw) != token:
        return None
    address = CallbackAddress(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), kind)
    keys = box.derive_all(_PURPOSE)
    return address if any(hmac.compare_digest(raw[32:], _mac(key, "address", address)) for key in keys) else None


async def require_callback(session: Tx, address: CallbackAddress) -> None:
    """The address is of a provider that is set up, and has not been replaced by a newer one."""
    row = await ProviderRepository(session, session.tenant).find_kind(address.kind)
    if row is None or row.callback_id != address.callback_id:
        raise CallbackUnknown


def is_bearer_of(box: SecretBox, address: CallbackAddress, bearer: str) -> bool:
    good = (_text(_mac(key, "bearer", address, length=32)) for key in box.derive_all(_PURPOSE))
    return any(hmac.compare_digest(each.encode(), bearer.encode("utf-8", "replace")) for each in good)


def _mac(key: bytes, use: str, address: CallbackAddress, *, length: int = _MAC_BYTES) -> bytes:
    said = f"{use}\0{address.kind}\0{address.commissioner_id}\0{address.callback_id}"
    return hmac.new(key, said.encode(), sha256).digest()[:length]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
