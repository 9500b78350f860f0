"""How far long work has come: polled, or as a stream."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse

from app.core.auth import Caller
from app.core.database_problems import DATABASE_ERRORS, is_passing
from app.core.db import Transaction, unit_of_work
from app.core.errors import DomainError, NotFound, TooManyRequests
from app.core.http import Services, Serving, find_caller
from app.core.operations import Operation, get_operation_for, operation_answer
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.router.root import router
from app.core.streams import Streams

_STREAMS: Final = Streams()


@router.get("/v1/operations/{operation_id}", responses=error_responses(NotFound))
async def get_operation_status(operation_id: UUID, caller: Caller, session: Transaction) -> Operation:
    """How far long work has come. Poll it, or listen to `/events`.

    It is shown to whoever started it and to whoever may start such work in the whole commissioner.
    """
    return operation_answer(await get_operation_for(session, operation_id, caller))


@router.get(
    "/v1/operations/{operation_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}
    | error_responses(NotFound, TooManyRequests),
)
async def stream_operation(operation_id: UUID, caller: Caller, serving: Serving, request: Request) -> StreamingResponse:
    """Server-sent events: one `progress` event per change, then `done` with the finished operation.

    The stream ends early when the credential is revoked or the database is away; listen again then. A key has ten
    streams at a time, and an eleventh is 429.
    """
    await _read_operation(serving, caller, operation_id)
    return _STREAMS.response(str(caller.credential_id), _progress(serving, request, caller, operation_id))


async def _read_operation(serving: Services, caller: Principal, operation_id: UUID) -> Operation:
    # A stream takes no transaction with it: each look is one short unit of work.
    engine = serving.platform_engine if caller.is_platform else serving.app_engine
    async with unit_of_work(engine, caller.commissioner_id) as session:
        return operation_answer(await get_operation_for(session, operation_id, caller))


async def _is_still_admitted(serving: Services, request: Request) -> bool:
    try:
        await find_caller(request, serving)
    except DomainError:
        return False
    return True


async def _progress(serving: Services, request: Request, caller: Principal, operation_id: UUID) -> AsyncIterator[bytes]:
    last: Operation | None = None
    for tick in range(7200):
        try:
            if tick % 4 == 3 and not await _is_still_admitted(serving, request):
                return
            operation = await _read_operation(serving, caller, operation_id)
        except DATABASE_ERRORS as error:
            if is_passing(error):
                return
            raise
        if operation != last:
            finished = operation.status in ("succeeded", "failed")
            name = "done" if finished else "progress"
            yield f"id: {tick}\nevent: {name}\ndata: {operation.model_dump_json()}\n\n".encode()
            if finished:
                return
            last = operation
        elif tick % 60 == 0:
            yield b": still here\n\n"
        await asyncio.sleep(0.25)
