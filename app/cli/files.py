"""Files that go in and documents that come out."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.words import awake_database, ending_in_words, read_settings

commands = typer.Typer()

_SHOWN = 20
# What the API calls it, and what is typed here.
_OPTIONS = {"/as_at": "--as-at", "/financial_year": "--financial-year"}


@commands.command("import")
def import_file(
    kind: Annotated[
        str,
        typer.Argument(
            help="ods-practices, ods-memberships, networks, list-sizes, gp-payments, adjusted-lists, practice-profile; "
            "or localities, members, people of one commissioner."
        ),
    ],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The CSV, or the published ZIP with it.")],
    as_at: Annotated[str | None, typer.Option(help="Day of the file's knowledge; default: its newest date.")] = None,
    financial_year: Annotated[str | None, typer.Option(help="Year of a gp-payments file, such as 2014/15.")] = None,
    commissioner: Annotated[str | None, typer.Option(help="Code of the tenant whose own file this is.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Try everything and keep nothing but the outcome.")
    ] = False,
    errors: Annotated[Path | None, typer.Option(dir_okay=False, help="Write every refused row here, as CSV.")] = None,
) -> None:
    """Import a file at once, as the API does with an upload. Ends with 3 when rows were refused: the others are in."""
    import asyncio

    from app.core.progress import progress_shown
    from app.organisations.adapters.command import ImportCommand, refused_rows, run_import
    from app.people.service import APPLIERS

    settings = read_settings()
    said = {"as_at": as_at, "financial_year": financial_year}
    options = {name: value for name, value in said.items() if value is not None}
    with ending_in_words(_OPTIONS), awake_database(settings):
        command = ImportCommand.of(kind, file, options=options, commissioner=commissioner, dry_run=dry_run)
        try:
            with progress_shown(f"Importing {file.name}") as report:
                result = asyncio.run(run_import(settings, command, appliers=APPLIERS, report=report))
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"Stopped: nothing of {file.name} was kept.") from None
        if errors is not None:
            rows = refused_rows(result)
            errors.write_text(rows, encoding="utf-8", newline="")
    for error in result.errors[:_SHOWN]:
        typer.echo(f"row {error.row}, {error.column}: {error.detail} ({error.code})", err=True)
    if len(result.errors) > _SHOWN:
        rest = f"and {len(result.errors) - _SHOWN:,} more rows"
        where = (
            f"all are in {errors}" if errors else "`--errors FILE` writes all, GET /v1/imports/{id}/errors shows them"
        )
        typer.echo(f"{rest}: {where}.", err=True)
    for warning in result.warnings:
        typer.echo(warning, err=True)
    counts = {name: value for name, value in result.summary().items() if name != "warnings"}
    typer.echo(", ".join(f"{name} {value:,}" for name, value in counts.items()))
    if result.errors:
        raise typer.Exit(3)


@commands.command()
def calculate(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The body that POST /v1/calculator takes, as JSON.")
    ],
) -> None:
    """Work out what a definition pays for given practices and facts; nothing is looked up and nothing is kept."""
    from app.schemes.adapters.command import NotCalculated, calculate_file

    try:
        typer.echo(calculate_file(file))
    except NotCalculated as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@commands.command()
def bounces(
    files: Annotated[
        list[str], typer.Argument(help="Mails that came back, one to a file; - reads one from the input.")
    ],
) -> None:
    """Note which messages came back: for a mail server that hands such mails to a program."""
    from importlib import import_module

    settings = read_settings()
    with ending_in_words(), awake_database(settings):
        messages = import_module("workers.returned").from_files(settings, files)
    typer.echo(f"{messages} of our messages came back.")


@commands.command()
def openapi(
    output: Annotated[Path | None, typer.Option(help="Write here instead of to the terminal.")] = None,
) -> None:
    """The API's contract as an OpenAPI 3.1 document."""
    from importlib import import_module

    from app.core.contract import document_bytes

    document = document_bytes(import_module("app.main").create_app().openapi())
    if output is None:
        print(document.decode(), end="")
    else:
        with ending_in_words():
            output.write_bytes(document)
