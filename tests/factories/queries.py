"""Counts the statements that are sent, so that a list's cost is known and stays."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.factories.service import LivePlenary


def counted(plenary: LivePlenary) -> AbstractContextManager[list[str]]:
    """The statements of the app's login inside the block."""
    return statements_on(plenary.app.state.services.app_engine)


@contextmanager
def statements_on(asked: AsyncEngine) -> Iterator[list[str]]:
    """The statements inside the block, without those that set the tenant of a transaction."""
    engine = asked.sync_engine
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "set_config" not in statement:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


class _CountingPool:
    """The reader's pool, noting what it is asked."""

    def __init__(self, pool: Any, seen: list[str]) -> None:
        self._pool, self._seen = pool, seen

    def __getattr__(self, name: str) -> Any:
        own = getattr(self._pool, name)
        if name not in ("fetch", "fetchrow", "fetchval"):
            return own

        async def noted(sql: str, *arguments: Any, **options: Any) -> Any:
            self._seen.append(sql)
            return await own(sql, *arguments, **options)

        return noted


@contextmanager
def counted_everywhere(live: LivePlenary) -> Iterator[list[str]]:
    """Statements of the reader's pool and of both engines, leaving out those of the frame around every call."""
    seen: list[str] = []
    services = live.app.state.services
    pool, services.reader.pool = services.reader.pool, _CountingPool(services.reader.pool, seen)

    def note(_connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        # Who calls is read once in five seconds, whatever is called.
        if "set_config" not in sql and "find_api_key" not in sql:
            seen.append(sql)

    engines = [services.app_engine.sync_engine, services.platform_engine.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        services.reader.pool = pool
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
