"""How far an announcement has come, told to the operation that follows it."""

from collections.abc import Mapping
from uuid import UUID

from app.communications.repository import sending as rows
from app.core.db import Tx
from app.core.operations import record_progress, succeed


async def record_sending_progress(session: Tx, *, operation: UUID, message: UUID) -> None:
    """The operation ends when nothing is left to be sent, whatever became of each."""
    done, total = await rows.count_settled(session, message)
    await record_progress(session, operation, done=done, total=total)
    if done == total:
        await succeed(session, operation)


async def record_payload_progress(session: Tx, payload: Mapping[str, str]) -> None:
    """As a batch's job knows it; batches of notices have no operation."""
    if "operation" in payload:
        await record_sending_progress(session, operation=UUID(payload["operation"]), message=UUID(payload["message"]))
