"""What every command has in common: its settings, and an end in words where a person can do something about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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
def ending_in_words() -> Iterator[None]:
    """What a person can do something about is said without a traceback."""
    import asyncpg

    from app.core.backup import BackupFailed
    from app.core.errors import DomainError
    from app.core.settings import SettingsInvalid
    from app.demo.calls import CallFailed
    from app.embedded.errors import CannotStart

    try:
        yield
    except (BackupFailed, CallFailed, CannotStart, DomainError, SettingsInvalid) as problem:
        typer.echo(str(problem), err=True)
        for field in getattr(problem, "errors", ()):
            typer.echo(f"{field.pointer}: {field.detail}", err=True)
        raise typer.Exit(1) from problem
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError) as problem:
        typer.echo(f"The database server refused: {problem}. Look at the login's URL.", err=True)
        raise typer.Exit(1) from problem
    except OSError as problem:
        # A server that cannot be reached has no file name; its own words name the address.
        where = f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem)
        typer.echo(where, err=True)
        raise typer.Exit(1) from problem
