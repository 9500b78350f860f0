"""Idempotency keys: the first answer is stored in the transaction of its effect, and given again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel

from app.core.database_problems import is_lock_timeout
from app.core.db import Tx
from app.core.errors import IdempotencyInProgress, IdempotencyKeyInvalid, IdempotencyKeyReused

SHOWN_ONCE = ("key", "secret")
"""Members that are shown in the first answer only; a replay has null in their place."""


class IdempotencyRow(SQLModel, table=True):
    __tablename__ = "idempotency_key"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    credential_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: bytes
    status: int | None
    headers: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    body: bytes | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    status: int
    headers: dict[str, str]
    body: bytes


def fingerprint(method: str, target: str, body: bytes, *, content_type: str = "") -> bytes:
    """What makes two requests the same one. `target` is the path, with the query where there is one."""
    digest = hashlib.sha256()
    for part in (method.encode(), target.encode(), _without_boundary(body, content_type)):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _without_boundary(body: bytes, content_type: str) -> bytes:
    """A client writes a form with a new boundary each time; it says nothing, so a retry must not differ by it."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary() if header.get_content_maintype() == "multipart" else None
    if not boundary:
        return body
    delimiter = b"\r\n--" + boundary.encode("latin-1", "replace")
    return (b"\r\n" + body).replace(delimiter, b"\r\n--")


# The insert waits for a concurrent holder of the same key; the login's lock_timeout turns a long wait into 55P03.
_TAKE = text(
    """
INSERT INTO idempotency_key AS k (commissioner_id, credential_id, key, fingerprint, expires_at)
VALUES (:tenant, :credential, :key, :fingerprint, clock_timestamp() + make_interval(days => :days))
ON CONFLICT (commissioner_id, credential_id, key) DO UPDATE
  SET fingerprint = excluded.fingerprint, expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
  WHERE k.expires_at < clock_timestamp()
RETURNING 1
"""
)
_READ = text(
    """SELECT fingerprint, status, headers, body FROM idempotency_key
WHERE commissioner_id = :tenant AND credential_id = :credential AND key = :key"""
)
_STORE = text(
    """UPDATE idempotency_key SET status = :status, headers = CAST(:headers AS jsonb), body = :body
WHERE commissioner_id = :tenant AND credential_id = :credential AND key = :key"""
)

_FORGET = text(
    """UPDATE idempotency_key SET expires_at = '-infinity'
WHERE commissioner_id = :tenant AND credential_id = :credential AND key = :key"""
)


async def begin(session: Tx, *, credential_id: UUID, key: str, print_: bytes, days: int) -> StoredAnswer | None:
    """Take the key for this transaction, or return the answer it already has.

    Raises `IdempotencyKeyReused` for another request under the key, `IdempotencyInProgress` while the first still runs.
    """
    if not key or len(key) > 255 or not key.isprintable():
        raise IdempotencyKeyInvalid("Idempotency-Key is 1 to 255 printable characters")
    connection = await session.connection()
    where = {"tenant": session.tenant, "credential": credential_id, "key": key}
    try:
        taken = await connection.execute(_TAKE, where | {"fingerprint": print_, "days": days})
    except DBAPIError as error:
        if is_lock_timeout(error):
            raise IdempotencyInProgress from error
        raise
    if taken.first() is not None:
        return None
    row = (await connection.execute(_READ, where)).one()
    if row.fingerprint != print_:
        raise IdempotencyKeyReused("The key was used for another request; use a new key for a new request.")
    if row.status is None:
        raise IdempotencyInProgress
    return StoredAnswer(row.status, row.headers or {}, row.body or b"")


async def forget_key(session: Tx, *, credential_id: UUID, key: str) -> None:
    """As if the key had not been used: the same request may be sent under it again."""
    where = {"tenant": session.tenant, "credential": credential_id, "key": key}
    await (await session.connection()).execute(_FORGET, where)


def keep_answer(session: Tx, *, credential_id: UUID, key: str, answer: StoredAnswer) -> None:
    """Store the answer as the unit of work closes, with members that are shown once blanked."""

    async def write(closing: Tx) -> None:
        await (await closing.connection()).execute(
            _STORE,
            {
                "tenant": closing.tenant,
                "credential": credential_id,
                "key": key,
                "status": answer.status,
                "headers": msgspec.json.encode(answer.headers).decode(),
                "body": _without_secrets(answer),
            },
        )

    session.pending.writers["answer"] = write


def _without_secrets(answer: StoredAnswer) -> bytes:
    if "json" not in answer.headers.get("content-type", "") or not answer.body:
        return answer.body
    value = msgspec.json.decode(answer.body)
    if not isinstance(value, dict) or not any(name in value for name in SHOWN_ONCE):
        return answer.body
    return msgspec.json.encode({k: None if k in SHOWN_ONCE else v for k, v in value.items()})
