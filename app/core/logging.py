"""One line of log for each event, ours and the libraries' alike, with the request, its chain and the tenant on it."""

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, BinaryIO, Final

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

_REMOVED: Final = "[removed]"
# Names under which a secret or what somebody wrote could get in by mistake.
_PRIVATE: Final = frozenset(
    {
        "api_key",
        "authorization",
        "body",
        "cookie",
        "credentials",
        "idempotency_key",
        "key",
        "password",
        "payload",
        "secret",
        "set_cookie",
        "token",
    }
)
_DETAIL: Final = re.compile(r"DETAIL:  .*")
_ADOPTED: Final = ("uvicorn", "uvicorn.error", "arq", "arq.worker", "alembic", "sqlalchemy")


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger whose keyword arguments become members of the line."""
    return structlog.get_logger(name)


def configure_logging(*, json: bool = True, level: str = "INFO", stream: BinaryIO | None = None) -> None:
    """Call once when a process starts. Warnings of libraries come out like our own lines.

    What libraries say below that is left out, whatever the level: each statement and mapped member (SQLAlchemy), and
    addresses and arguments (httpx, arq), which may hold a token or a name.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    output = stream or sys.stdout.buffer
    structlog.configure(
        processors=[*_shared(), *_final(json=json)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(output),
        # A logger kept from before would go on with the old settings; binding anew costs microseconds.
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Adopted(output, json=json)]
    root.setLevel(max(threshold, logging.WARNING))
    _adopt()


def _adopt() -> None:
    for name in _ADOPTED:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(logging.NOTSET)
    # Our own line for each request has the template of the route; the server's would have the path and query.
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        remove_private,
    ]


def _final(*, json: bool) -> list[Any]:
    if json:
        return [structlog.processors.format_exc_info, remove_quoted_rows, _to_json]
    # The library's own choice prints local variables, and with them whatever a caller sent.
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    return [structlog.processors.format_exc_info, remove_quoted_rows, console, _to_bytes]


def remove_quoted_rows(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes the database's details out of a traceback: they quote the row, with the name and address in it."""
    if isinstance(event.get("exception"), str):
        event["exception"] = _DETAIL.sub(f"DETAIL:  {_REMOVED}", event["exception"])
    return event


def remove_private(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes out members whose name says that they are nobody's business, inside mappings too."""
    for name, value in event.items():
        if str(name).lower().replace("-", "_") in _PRIVATE:
            event[name] = _REMOVED
        elif isinstance(value, Mapping):
            event[name] = remove_private(_logger, _method, dict(value))
    return event


def _to_json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(event, enc_hook=repr)
    except (ValueError, OverflowError, TypeError):
        # Half a surrogate pair, a huge integer, a key that is no text: a line in a rougher form beats none.
        return json.dumps({str(name): value for name, value in event.items()}, default=repr, skipkeys=True).encode()


def _to_bytes(_logger: object, _method: str, line: str) -> bytes:
    return line.encode(errors="replace")


class _Adopted(logging.Handler):
    """Gives a record of the standard library the form of our own lines."""

    def __init__(self, output: BinaryIO, *, json: bool) -> None:
        super().__init__()
        self._output = output
        self._processors = [*_shared(), *_final(json=json)]

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._output.write(self._line(record) + b"\n")
            self._output.flush()
        except Exception:  # noqa: BLE001 - the standard library's contract: a log line never breaks its caller
            self.handleError(record)

    def _line(self, record: logging.LogRecord) -> bytes:
        event: Any = {"event": record.getMessage()}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        named = _Named(record.name)
        for processor in self._processors:
            event = processor(named, record.levelname.lower(), event)
        return event


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name
