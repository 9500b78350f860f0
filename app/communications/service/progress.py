"""How far an announcement has come, told to the operation that follows it."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from app.communications.repository import personal
from app.communications.repository import sending as rows
from app.core.db import Tx
from app.core.jobs import is_due
from app.core.operations import lock_operation, record_progress, succeed

_COUNTED_EVERY: Final = 16
"""Of so many batches one counts what the whole announcement has come to, which takes as long as it is large."""


async def record_sending_progress(session: Tx, *, operation: UUID, message: UUID) -> None:
    """The operation ends when nothing is left to be sent, whatever became of each. `message`: an announcement's id where it is
    another message for each practice.
    """
    await lock_operation(session, operation)
    for_each = await personal.is_for_each(session, message)
    done, total = await rows.count_settled(session, personal.deliveries_of(session.tenant, message, for_each=for_each))
    await record_progress(session, operation, done=done, total=total)
    if done == total:
        await succeed(session, operation)


async def record_batch_progress(session: Tx, batch: UUID, *, queue: str, payload: Mapping[str, str]) -> None:
    """As a batch's job knows it; batches of notices have no operation. While others of the announcement wait for a worker,
    most leave the counting to them; the last never does.
    """
    if "operation" not in payload:
        return
    if batch.int % _COUNTED_EVERY and await is_due(session, queue=queue, payload={"message": payload["message"]}):
        return
    await record_sending_progress(session, operation=UUID(payload["operation"]), message=UUID(payload["message"]))
