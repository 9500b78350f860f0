"""The database: made, migrated, backed up, restored and checked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.words import awake_database, ending_in_words, own_database, read_settings

if TYPE_CHECKING:
    from app.core.settings import Settings

commands = typer.Typer()


@commands.command()
def migrate(
    bootstrap: Annotated[
        str | None,
        typer.Option(
            metavar="ADMIN_URL",
            help="Make database and logins first, as this superuser; `-` reads PLENARY_ADMIN_DATABASE_URL instead, "
            "because arguments can be read by every account of a machine.",
        ),
    ] = None,
    env_file: Annotated[
        Path | None, typer.Option(help="Where the logins' URLs are written; default: `env` in the home.")
    ] = None,
) -> None:
    """Bring the database to the newest form."""
    from app.core.migrate import bootstrap as make_database
    from app.core.migrate import head_revision, upgrade

    settings = read_settings()
    with ending_in_words():
        if bootstrap is None:
            upgrade(settings.asyncpg_url("owner"))
            typer.echo(f"The database is at {head_revision()}.")
        else:
            urls_file = env_file or settings.home / "env"
            make_database(settings.asyncpg_url("admin") if bootstrap == "-" else bootstrap, urls_file)
            typer.echo(f"Database and logins are at {head_revision()}; the logins' URLs are in {urls_file}.")


@commands.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The file to write.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over a file that is there.")] = False,
) -> None:
    """Write the whole database to one file, as of one moment, while everything runs or while nothing does."""
    from app.core.backup import backup as write

    settings = read_settings()
    with ending_in_words(), awake_database(settings):
        size = write(settings, target, overwrite=overwrite)
    typer.echo(f"{target}: {size:,} bytes. Keep the secret keys with it; without them stored secrets cannot be opened.")


@commands.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A file that `plenary backup` wrote.")],
    env_file: Annotated[Path | None, typer.Option(help="Where the logins' URLs are written.")] = None,
) -> None:
    """Load a backup into the empty server named by PLENARY_ADMIN_DATABASE_URL, or into a new home's own server.

    Bring the secret keys of the old installation too: its file `secret-keys`, or its PLENARY_SECRET_KEYS.
    """
    from functools import partial

    from app.core.backup import refuse_wrong_file
    from app.core.backup import restore as load

    settings = read_settings()
    urls_file = env_file or settings.home / "env"
    hold_back = partial(_hold_back, settings)
    with ending_in_words():
        refuse_wrong_file(source)
        if settings.admin_database_url is not None:
            load(settings.asyncpg_url("admin"), source, urls_file, hold_back=hold_back)
        else:
            with own_database(settings) as admin_url:
                load(admin_url, source, urls_file, hold_back=hold_back)
    typer.echo("Restored. Earlier cursors answer 410; messages that were waiting are parked: see `plenary jobs list`.")
    if settings.secret_keys is None and not (settings.home / "secret-keys").exists():
        typer.echo(
            f"Before you start it, bring the old installation's secret keys: its file `secret-keys` to {settings.home} "
            "(mode 0600), or its PLENARY_SECRET_KEYS. With new keys nobody can open the secrets stored in the backup."
        )


def _hold_back(settings: "Settings", urls: dict[str, str]) -> None:
    """Park what was accepted before the backup and would go out now."""
    from importlib import import_module

    logins = {f"{login}_url": urls[login] for login in ("worker", "platform")}
    import_module("workers.restored").hold(settings.model_copy(update=logins))


@commands.command("selfcheck")
def check_tenants_apart() -> None:
    """Check that the database keeps tenants apart: logins, policies, keys, views, functions and rights."""
    import asyncio

    from app.core.selfcheck import render, selfcheck

    settings = read_settings()
    with ending_in_words(), awake_database(settings):
        verdicts = asyncio.run(selfcheck(settings.asyncpg_url("app")))
    for line in render(verdicts):
        typer.echo(line)
    if any(verdict.faults for verdict in verdicts):
        raise typer.Exit(1)
