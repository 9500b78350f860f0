"""Events: what a slice announces, written in the same transaction and numbered for the change feed."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from sqlalchemy import Column, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.core.db import Tx
from app.core.ids import new_id


class EventRow(SQLModel, table=True):
    __tablename__ = "event"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    change_number: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    id: UUID
    name: str
    version: int
    resource: str | None
    subject: str
    removed: bool
    concerns: list[str] | None = Field(sa_column=Column(ARRAY(Text)))
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    actor_person_id: UUID | None
    correlation_id: str | None
    occurred_at: datetime
    relayed_at: datetime | None
    is_heard: bool = False
    """Whether some webhook endpoint of the tenant may want it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of the change feed: its name, the address of one of them by its subject, and the scope that may read it.

    `is_bounded`: not everybody with the scope sees every one of them, so its events say whom they concern.
    """

    kind: str
    href: str
    scope: str
    is_bounded: bool = False


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of every event. Payloads are ids and codes, never content: whoever wants more fetches it with their own rights."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    resource: ClassVar[Resource | None] = None
    """As what the change feed shows the subject; None keeps the event out of the feed."""

    unsaid: ClassVar[frozenset[str]] = frozenset()
    """Members that say whom it concerns and are no part of the payload."""

    subject: str
    removed: bool = False

    @property
    def concerns(self) -> Collection[str] | None:
        """Marks of those whom the change feed tells, beside those who see every one of the kind (app/core/changes.py).
        None: everybody with the scope.
        """
        return None


def registered_events() -> dict[str, type[Event]]:
    """Every event class there is, by name. Two classes of one name are a mistake in the code."""
    found: dict[str, type[Event]] = {}
    waiting = list(Event.__subclasses__())
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        if "name" in cls.__dict__:
            if cls.name in found and found[cls.name] is not cls:
                raise RuntimeError(f"two events are named {cls.name}")
            found[cls.name] = cls
    return found


def feed_resources() -> dict[str, Resource]:
    """The kinds of the change feed: whatever some event announces."""
    announced = [event.resource for event in registered_events().values() if event.resource is not None]
    return {resource.kind: resource for resource in sorted(announced, key=lambda resource: resource.kind)}


_BASE_FIELDS = {f.name for f in fields(Event)}


def emit(session: Tx, announced: Event, *, tenant: UUID | None = None) -> None:
    """Announce something inside the unit of work. Outside savepoints only: a rolled-back savepoint cannot take it back."""
    if session.sync_session.in_nested_transaction():
        raise RuntimeError("emit outside savepoints")
    concerns = announced.concerns
    if announced.resource is not None and announced.resource.is_bounded and concerns is None:
        raise RuntimeError(f"{announced.name} does not say whom it concerns")
    payload = {k: v for k, v in asdict(announced).items() if k not in _BASE_FIELDS | announced.unsaid}
    session.pending.events.append(
        {
            "tenant": tenant or session.tenant,
            "id": new_id(),
            "name": announced.name,
            "version": announced.version,
            "resource": announced.resource.kind if announced.resource else None,
            "subject": announced.subject,
            "removed": announced.removed,
            "concerns": None if concerns is None else msgspec.json.encode(sorted(concerns)).decode(),
            "payload": msgspec.json.encode(payload).decode(),
        }
    )
    session.pending.writers["events"] = write_events
    session.pending.has_work = True


# One statement, the last before COMMIT: it locks each touched tenant's number in id order, raises it once and writes
# the events with it. Readers of the feed therefore never see number n+1 before n.
_WRITE = text(
    """
WITH incoming AS (
  SELECT * FROM unnest(
    CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:versions AS int[]),
    CAST(:resources AS text[]), CAST(:subjects AS text[]), CAST(:removed AS bool[]), CAST(:concerns AS text[]),
    CAST(:payloads AS text[]))
  WITH ORDINALITY AS i(tenant, id, name, version, resource, subject, removed, concerns, payload, position)
), held AS MATERIALIZED (
  SELECT commissioner_id FROM published.change_number
  WHERE commissioner_id IN (SELECT tenant FROM incoming) ORDER BY commissioner_id FOR UPDATE
), raised AS (
  UPDATE published.change_number n SET number = n.number + 1 FROM held
  WHERE n.commissioner_id = held.commissioner_id RETURNING n.commissioner_id, n.number, n.listens
)
INSERT INTO event (commissioner_id, id, change_number, position, name, version, resource, subject, removed, concerns,
                   payload, actor_person_id, correlation_id, occurred_at, is_heard)
SELECT i.tenant, i.id, r.number, i.position, i.name, i.version, i.resource, i.subject, i.removed,
       CASE WHEN i.concerns IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(i.concerns::jsonb)) END,
       i.payload::jsonb, CAST(:person AS uuid), CAST(:correlation AS text), clock_timestamp(),
       r.listens AND i.resource IS NOT NULL
FROM incoming i JOIN raised r ON r.commissioner_id = i.tenant
"""
)


# The row of the number is locked until the end of the transaction: whoever raises it next waits, and then sees that
# somebody listens. So no event falls between the number that is returned and the first that is heard.
_LISTEN = text("""UPDATE published.change_number SET listens = true WHERE commissioner_id = :tenant RETURNING number""")
_LOCK_NUMBER = text("SELECT 1 FROM published.change_number WHERE commissioner_id = :tenant FOR UPDATE")
_DEAFEN = text("UPDATE published.change_number SET listens = false WHERE commissioner_id = :tenant")


async def listen(session: Tx) -> int:
    """Have every event of the feed after the returned number marked as heard, so that the relay tells of it."""
    return (await (await session.connection()).execute(_LISTEN, {"tenant": session.tenant})).scalar_one()


async def listen_no_more(session: Tx, nobody_listens: Callable[[], Awaitable[bool]]) -> None:
    """Stop marking events, unless somebody has begun to listen meanwhile."""
    connection = await session.connection()
    await connection.execute(_LOCK_NUMBER, {"tenant": session.tenant})
    if await nobody_listens():
        await connection.execute(_DEAFEN, {"tenant": session.tenant})


async def write_events(session: Tx) -> None:
    """Raise the number of every tenant touched and write the buffered events with it."""
    rows = session.pending.events
    connection = await session.connection()
    result = await connection.execute(
        _WRITE,
        {
            "tenants": [r["tenant"] for r in rows],
            "ids": [r["id"] for r in rows],
            "names": [r["name"] for r in rows],
            "versions": [r["version"] for r in rows],
            "resources": [r["resource"] for r in rows],
            "subjects": [r["subject"] for r in rows],
            "removed": [r["removed"] for r in rows],
            "concerns": [r["concerns"] for r in rows],
            "payloads": [r["payload"] for r in rows],
            "person": session.pending.actor.person_id,
            "correlation": session.pending.actor.correlation_id,
        },
    )
    if result.rowcount != len(rows):
        # A tenant without a change number would lose its event silently; nothing may be lost.
        raise RuntimeError(f"{len(rows) - result.rowcount} events found no tenant")
    rows.clear()
