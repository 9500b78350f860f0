"""Counts the statements that the API sends, so that a list's cost is known and stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tests.factories.service import LivePlenary


@contextmanager
def counted(plenary: LivePlenary) -> Iterator[list[str]]:
    """The statements of the app's login inside the block, without those that set the tenant of a transaction."""
    engine = plenary.app.state.services.app_engine.sync_engine
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "set_config" not in statement:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
