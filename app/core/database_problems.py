"""What an error of the database means to the caller: a rule of ours, a clash, a dependency that is away, or a bug."""

import errno
import socket
from collections.abc import Iterator
from typing import Final

import asyncpg
from sqlalchemy import exc as sqlalchemy_exc

from app.core.errors import Conflict, DomainError, FieldError, Internal, InvalidRequest, Unavailable, constraint_errors

# A server that cannot be reached is an OSError, which SQLAlchemy does not wrap; so is asyncpg's time-out.
DATABASE_ERRORS: Final[tuple[type[Exception], ...]] = (
    sqlalchemy_exc.SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)

_CLASH: Final = frozenset({"23505", "23P01", "23503", "23514"})
# Text that PostgreSQL cannot store, which is the caller's: a NUL character or half of a surrogate pair.
_UNSTORABLE_TEXT: Final = frozenset({"22021", "22P05"})
_LOST_RACES: Final = ("40001", "40P01")  # serialisation failure, deadlock
_LOCK_TIMEOUT: Final = "55P03"
_AWAY: Final = frozenset(
    {
        *_LOST_RACES,
        _LOCK_TIMEOUT,
        "57014",  # statement timeout
        "25P03",  # idle in transaction too long
        "25P04",  # transaction too long
        "53300",  # too many connections
        "57P01",  # server shutting down
        "57P02",  # server crashed
        "57P03",  # server starting up
        "57P05",  # idle session ended
    }
)
_AWAY_CLASS: Final = "08"
_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


def database_problem(error: Exception) -> DomainError:
    """The problem an error of the database stands for; `Internal` when it can only be a bug."""
    if any(isinstance(cause, UnicodeEncodeError) for cause in _chain(error)):
        return _unstorable_text()
    for cause in _chain(error):
        state = getattr(cause, "sqlstate", None)
        if state is not None:
            return _by_state(state, getattr(cause, "constraint_name", None))
    return Unavailable() if _is_connection_lost(error) else Internal()


def sqlstate(error: BaseException) -> str | None:
    """What PostgreSQL calls it, however deep the libraries have wrapped it."""
    return next((state for cause in _chain(error) if (state := getattr(cause, "sqlstate", None)) is not None), None)


def server_words(error: Exception) -> str:
    """What went wrong in one line, without the statement, its values and the row, which the libraries add."""
    for cause in _chain(error):
        if isinstance(cause, asyncpg.PostgresError):
            return str(cause.args[0] if cause.args else type(cause).__name__).partition("\n")[0]
    return type(error).__name__


def is_passing(error: Exception) -> bool:
    """A fault of the moment, for requests and for workers alike: the database away or restarting, a deadlock, a
    time-out, a connection lost. What was begun has changed nothing and may be tried again.
    """
    return isinstance(error, Unavailable) or isinstance(database_problem(error), Unavailable)


def is_lost_race(error: Exception) -> bool:
    """Two wanted the same rows at once, and this one was made to stop: it may go again at once."""
    return sqlstate(error) in _LOST_RACES


def is_lock_timeout(error: Exception) -> bool:
    return sqlstate(error) == _LOCK_TIMEOUT


def _chain(error: BaseException) -> Iterator[BaseException]:
    """SQLAlchemy wraps its adapter's error, which wraps asyncpg's, which may have a cause; the innermost comes first."""
    adapted = getattr(error, "orig", None)
    innermost = getattr(adapted, "__cause__", None) or adapted or error
    for inner in (innermost.__cause__, innermost, adapted, error):
        if isinstance(inner, BaseException):
            yield inner


def _by_state(state: str, constraint: str | None) -> DomainError:
    if state in _CLASH:
        return constraint_errors().get(constraint or "", Conflict)()
    if state in _UNSTORABLE_TEXT:
        return _unstorable_text()
    if state in _AWAY or state.startswith(_AWAY_CLASS):
        return Unavailable()
    return Internal()


def _unstorable_text() -> DomainError:
    return InvalidRequest(errors=[FieldError("", "unstorable_text", "A text holds a character that is not text.")])


def _is_connection_lost(error: Exception) -> bool:
    if isinstance(error, sqlalchemy_exc.TimeoutError):
        return True
    if isinstance(error, sqlalchemy_exc.DBAPIError) and error.connection_invalidated:
        return True
    # asyncpg has one error for a closed connection and for wrong use of it, and only the words tell them apart. Its
    # internal one is what it raises when a connection breaks under it at the wrong moment.
    return any(
        (isinstance(cause, asyncpg.InterfaceError) and "clos" in str(cause))
        or isinstance(cause, asyncpg.InternalClientError)
        or (isinstance(cause, OSError) and _is_unreachable(cause))
        for cause in _chain(error)
    )


def _is_unreachable(error: OSError) -> bool:
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror) or error.errno in _UNREACHABLE:
        return True
    # A missing socket has no file name, where a missing file has one.
    return error.errno == errno.ENOENT and error.filename is None
