"""The command line. Every command imports late and calls one function, so that `plenary --help` is quick."""

import gc
import sys
from typing import Annotated, Any

import typer

from app import VERSION
from app.cli import database, demo, files, jobs, keys, serving, storm


class Plenary(typer.Typer):
    """Ends a Ctrl-C in one line and with 130, wherever it fell: while a module is imported it comes out in disguise."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # What is imported stays until the end. Looking for cycles in it again and again was a quarter of every start.
        gc.set_threshold(50_000, 20, 20)
        try:
            return super().__call__(*args, **kwargs)
        except BaseException as end:
            interrupt = _interrupt_behind(end)
            if interrupt is None:
                raise
            print(interrupt or "Stopped.", file=sys.stderr)
            sys.exit(130)


def _interrupt_behind(end: BaseException) -> str | None:
    """What the interrupt that ended the command has to say; None when it ended for another reason."""
    if isinstance(end, SystemExit) and end.code != 130:
        return None
    behind: BaseException | None = end
    while behind is not None:
        if isinstance(behind, KeyboardInterrupt):
            return str(behind)
        behind = behind.__cause__ or behind.__context__
    return None


main = Plenary(name="plenary", no_args_is_help=True, pretty_exceptions_show_locals=False, add_completion=False)


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
