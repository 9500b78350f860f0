"""Rows of a file in a temporary table, from which one statement writes them: COPY is the fastest way in."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from app.core.bulk import copy_into_shared
from app.core.db import Tx


@asynccontextmanager
async def staged(
    session: Tx, name: str, columns: Mapping[str, str], records: Iterable[Sequence[Any]]
) -> AsyncIterator[None]:
    """A temporary table of that name with these rows, for as long as the block lasts."""
    connection = await session.connection()
    wanted = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    await connection.execute(text(f"CREATE TEMPORARY TABLE {name} ({wanted}) ON COMMIT DROP"))
    await copy_into_shared(session, name, columns=list(columns), rows=records)
    # Without statistics the planner takes every temporary table for a thousand rows or so.
    await connection.execute(text(f"ANALYZE {name}"))
    yield
    await connection.execute(text(f"DROP TABLE {name}"))


async def fetch(session: Tx, sql: str, **values: Any) -> Sequence[Any]:
    """The rows that a statement of our own returns."""
    return (await (await session.connection()).execute(text(sql), values)).all()


async def run(session: Tx, sql: str, **values: Any) -> int:
    """Run a statement; how many rows it touched."""
    return (await (await session.connection()).execute(text(sql), values)).rowcount
