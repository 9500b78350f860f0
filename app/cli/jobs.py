"""Background work."""

from typing import Annotated, Any, Literal
from uuid import UUID

import typer

from app.cli.words import CommissionerOption, awake_database, ending_in_words, read_settings

JobState = Literal["queued", "running", "done", "parked"]

commands = typer.Typer(no_args_is_help=True)


@commands.command("list")
def list_jobs(
    state: Annotated[JobState, typer.Option(help="Of which state.")] = "parked",
    commissioner: CommissionerOption = None,
) -> None:
    """Show jobs with what they are about and their last error, parked ones unless another state is named.

    The `message` of mails is the announcement's id.
    """
    import asyncio

    from app.core.jobs import list_everywhere

    settings = read_settings()
    with ending_in_words(), awake_database(settings):
        rows = asyncio.run(list_everywhere(settings, state=state, commissioner=commissioner))
    for row in rows:
        typer.echo(
            f"{row['id']}  {row['commissioner']:10} {row['kind']:32} {row['attempts']:3}  "
            + "  ".join(filter(None, (_about(row["payload"]), row["last_error"])))
        )
    typer.echo(f"{len(rows)} {state}")


def _about(payload: dict[str, Any]) -> str:
    """The ids that a job goes by; nothing else of its payload is of use on one line."""
    return " ".join(f"{name}={value}" for name, value in payload.items() if isinstance(value, str))


@commands.command("redrive")
def redrive_jobs(
    job_id: Annotated[UUID | None, typer.Argument(help="One job; else all of a kind.")] = None,
    kind: Annotated[str | None, typer.Option(help="Every parked job of this kind.")] = None,
    commissioner: CommissionerOption = None,
) -> None:
    """Run parked jobs again, after what stopped them has been put right."""
    import asyncio

    from app.core.jobs import redrive_everywhere, why_none_redriven

    if (job_id is None) == (kind is None):
        typer.echo("Name one job, or a kind with --kind.", err=True)
        raise typer.Exit(2)
    settings = read_settings()
    with ending_in_words(), awake_database(settings):
        moved = asyncio.run(redrive_everywhere(settings, job_id=job_id, kind=kind, commissioner=commissioner))
        if not moved:
            typer.echo(asyncio.run(why_none_redriven(settings, job_id=job_id, kind=kind)), err=True)
    typer.echo(f"{moved} queued again")
    raise typer.Exit(0 if moved else 1)
