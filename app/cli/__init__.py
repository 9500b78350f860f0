"""The command line. Every command imports late and calls one function, so that `plenary --help` is quick."""

from typing import Annotated

import typer

from app import VERSION
from app.cli import database, demo, files, jobs, keys, serving, storm

main = typer.Typer(name="plenary", no_args_is_help=True, pretty_exceptions_show_locals=False, add_completion=False)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"plenary {VERSION}")
        raise typer.Exit


@main.callback()
def plenary(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the release and end.")
    ] = False,
) -> None:
    """The membership backbone of NHS commissioners as a JSON API."""


for unnamed in (serving, database, files):
    main.add_typer(unnamed.commands)
main.add_typer(keys.commands, name="keys", help="API keys, and the keys that seal stored secrets.")
main.add_typer(jobs.commands, name="jobs", help="Background work: what is parked, and running it again.")
main.add_typer(demo.commands, name="demo", help="The invented commissioner.")
main.add_typer(storm.commands, name="storm", help="Break the service while it works, on servers of its own, and count.")
