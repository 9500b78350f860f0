"""The service broken on purpose, on servers of its own."""

from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.words import ending_in_words

commands = typer.Typer()
_EVERY_FAULT: Final = "kill9,sigterm,stop,flush,redis,postgres"


@commands.callback(invoke_without_command=True)
def storm(
    context: typer.Context,
    faults: Annotated[str, typer.Option(help="Which of these, with commas between.")] = _EVERY_FAULT,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="How many are played, one after another.")] = 1,
    seed_from: Annotated[int, typer.Option(min=0, help="The first seed: plays one again that failed.")] = 0,
    intents: Annotated[int, typer.Option(min=1, help="How much people mean to do in each seed.")] = 200,
    no_redis: Annotated[bool, typer.Option("--no-redis", help="Break nothing, but never have Valkey.")] = False,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long it is away, with --no-redis.")] = 10,
) -> None:
    """The whole service broken at random while people work with it: nothing is lost, nothing is there twice.

    One line of JSON for each seed and one for all. Without one of the commands below it plays this.
    """
    import asyncio

    from app.embedded.wheels import require_wheels

    if context.invoked_subcommand is not None:
        return
    with ending_in_words():
        require_wheels()
        if no_redis:
            from app.storm.outage import storm_outage

            is_ok = asyncio.run(storm_outage(minutes * 60, say=typer.echo))
        else:
            is_ok = _play_whole(faults, range(seed_from, seed_from + seeds), intents)
    raise typer.Exit(0 if is_ok else 1)


def _play_whole(faults: str, seeds: range, intents: int) -> bool:
    import asyncio

    from app.storm.faults import faults_of
    from app.storm.whole import storm_whole

    try:
        kinds = faults_of(faults)
    except ValueError as error:
        raise typer.BadParameter(f"There is no fault {error}, only {_EVERY_FAULT}.") from None
    total = asyncio.run(storm_whole(kinds, seeds, intents, say=typer.echo))
    typer.echo(total.line())
    return total.is_ok


@commands.command("payments")
def storm_payments(
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="NHS Payments to General Practice; else invented.")
    ] = None,
    financial_year: Annotated[str, typer.Option(help="The file's year.")] = "2022/23",
    commissioners: Annotated[int, typer.Option(help="How many to invent.")] = 106,
    practices: Annotated[int, typer.Option(help="How many to invent for each commissioner.")] = 63,
) -> None:
    """A quarter's run for each commissioner: in calm, in a storm, and without Valkey; the same to the digest."""
    import asyncio

    from app.embedded.wheels import require_wheels

    with ending_in_words():
        require_wheels()
        from app.storm import england
        from app.storm.payments import storm_payments as play

        found = england.read(file) if file else england.invent(commissioners, practices)
        problems = asyncio.run(play(found, financial_year, say=typer.echo))
    _end(problems)


@commands.command("messages")
def storm_messages(
    people: Annotated[int, typer.Option(help="How many are announced to.")] = 20_000,
    kills: Annotated[int, typer.Option(help="How often the worker is killed on the way, each time.")] = 3,
) -> None:
    """An announcement to many people with the worker killed on the way: as files, then over SMTP."""
    import asyncio

    from app.embedded.wheels import require_wheels

    with ending_in_words():
        require_wheels()
        from app.storm.messages import storm_messages as play

        problems = asyncio.run(play(people, kills, say=typer.echo))
    _end(problems)


@commands.command("years")
def storm_years(
    seed: Annotated[int, typer.Option(min=0, help="Of the first year; each next one counts on.")] = 0,
    years: Annotated[int, typer.Option(min=1, help="How many financial years are played.")] = 1000,
) -> None:
    """Financial years of one scheme each, by chance: the ledger is a fresh calculation, statements stay as they were."""
    from app.storm.years import storm_years as play

    with ending_in_words():
        problems = play(seed, years, say=typer.echo)
    _end(problems)


def _end(problems: list[str]) -> None:
    for problem in problems:
        typer.echo(problem, err=True)
    typer.echo(f"{len(problems)} problems" if problems else "Nothing lost, nothing twice.")
    raise typer.Exit(1 if problems else 0)
