"""What every command has in common: its settings, and an end in words where a person can do something about it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.core.errors import DomainError
    from app.core.settings import Settings

CommissionerOption = Annotated[str | None, typer.Option("--commissioner", help="Code of one commissioner; else all.")]


def read_settings() -> "Settings":
    """From the environment, or an end in words."""
    from app.core.settings import SettingsInvalid, load_settings, unknown_names

    for name in unknown_names():
        typer.echo(f"Warning: {name} is no setting; docs/settings.md has the list.", err=True)
    try:
        return load_settings()
    except SettingsInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem


@contextmanager
def own_database(settings: "Settings") -> Iterator[str]:
    """The superuser's URL of the home's own PostgreSQL, started for the block; in words where no servers are installed."""
    from app.embedded.wheels import require_wheels

    require_wheels()
    # Only now: what starts servers needs the extra's libraries.
    from app.embedded.servers import database_of

    with database_of(settings.home, run_as=settings.run_as) as admin_url:
        yield admin_url


@contextmanager
def awake_database(settings: "Settings") -> Iterator[None]:
    """The home's own PostgreSQL awake: commands work beside `plenary up` and without it.

    An installation with its database elsewhere, such as the image, has nothing to wake and no programs to do it with.
    """
    from app.embedded.home import Home

    home = Home(settings.home)
    if settings.admin_database_url is not None or home.is_running() or not home.postgres_data.exists():
        yield
        return
    with own_database(settings):
        yield


@contextmanager
def ending_in_words(options: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """What a person can do something about is said without a traceback, and so is whatever the database refuses: its
    libraries quote the statement with everything that was typed. `options` are the names on the command line of what a
    problem points at.
    """
    try:
        yield
    except Exception as problem:
        lines = _words_of(problem, options)
        if lines is None:
            raise
        for line in lines:
            typer.echo(line, err=True)
        raise typer.Exit(1) from problem


def _words_of(problem: Exception, options: Mapping[str, str]) -> list[str] | None:
    """None for a fault of ours, which needs its traceback."""
    import asyncpg

    from app.core.backup import BackupFailed
    from app.core.database_problems import DATABASE_ERRORS
    from app.core.errors import DomainError
    from app.core.settings import SettingsInvalid
    from app.demo.calls import CallFailed
    from app.embedded.errors import CannotStart

    if isinstance(problem, DomainError):
        return _refusal(problem, options)
    if isinstance(problem, (BackupFailed, CallFailed, CannotStart, SettingsInvalid)):
        return [str(problem)]
    if isinstance(problem, (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError)):
        return [f"The database server refused: {problem}. Look at the login's URL."]
    if isinstance(problem, OSError):
        # A server that cannot be reached has no file name; its own words name the address.
        return [f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem)]
    return _database_words(problem, options) if isinstance(problem, DATABASE_ERRORS) else None


def _refusal(problem: "DomainError", options: Mapping[str, str]) -> list[str]:
    """Each thing that is wrong once, under the name that it has on the command line."""
    told = [f"{_typed_as(field.pointer, options)}: {field.detail}" for field in problem.errors]
    if told and (problem.detail is None or any(field.detail == problem.detail for field in problem.errors)):
        return told
    return [str(problem), *told]


def _typed_as(pointer: str, options: Mapping[str, str]) -> str:
    while pointer not in options and "/" in pointer.lstrip("/"):
        pointer = pointer.rpartition("/")[0]
    return options.get(pointer, pointer)


def _database_words(problem: Exception, options: Mapping[str, str]) -> list[str]:
    """A rule of ours in its own words; else what the server said in its first line, which holds no row."""
    from app.core.database_problems import database_problem, server_words
    from app.core.errors import Internal

    meant = database_problem(problem)
    said = f"The database refused this: {server_words(problem)}"
    return [said] if isinstance(meant, Internal) else [*_refusal(meant, options), said]
