"""The invented commissioner."""

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from app.cli.words import ending_in_words, read_settings

commands = typer.Typer(no_args_is_help=True)


@commands.command("load")
def load_demo() -> None:
    """Make the invented commissioner in an empty database; a second call does nothing."""
    import asyncio

    from app.core.logging import configure_logging
    from app.demo.load import load

    configure_logging(level="WARNING")
    with ending_in_words():
        asyncio.run(load(read_settings(), worker=_worker_beside()))


@asynccontextmanager
async def _worker_beside() -> AsyncIterator[None]:
    """A worker that cannot outlive this command, however that ends: a first start may be stopped in the middle."""
    from app.embedded.first_start import our_command
    from app.embedded.journal import StreamJournal
    from app.embedded.processes import Launcher

    launcher = Launcher(StreamJournal(sys.stderr.fileno()))
    try:
        worker = launcher.start("worker", our_command("worker"), silent=True)
        yield
        await worker.stop((signal.SIGTERM, 6))
    finally:
        await launcher.close()


@commands.command("tour")
def play_tour() -> None:
    """Play the demo's story against the running service: each call, its answer, and what a person would say."""
    import asyncio

    from app.core.clock import SystemClock, london_date
    from app.demo.tour import tour

    settings = read_settings()
    if not (settings.home / "demo-keys.json").exists():
        typer.echo(f"There are no demo keys in {settings.home}; start `plenary up` first.", err=True)
        raise typer.Exit(1)
    with ending_in_words():
        asyncio.run(tour(settings.home, today=london_date(SystemClock().now()), outbox=settings.outbox_path))


@commands.command("mails")
def list_mails() -> None:
    """What one practice of the demo, which has nothing but a mailbox, is asked by mail: each mail with its link."""
    from app.demo.mails import mailbox_lines

    for line in mailbox_lines(read_settings().outbox_path.resolve()):
        typer.echo(line)


@commands.command("simulators")
def simulators(port: Annotated[int, typer.Option(help="Port to listen at, on this machine alone.")] = 8099) -> None:
    """GOV.UK Notify, Teams and a push service, simulated: what they do is said by the address (docs/channels.md). Texts are
    shown.
    """
    import uvicorn

    from app.demo.simulators import Providers

    typer.echo(f"PLENARY_NOTIFY_URL=http://127.0.0.1:{port}/notify PLENARY_OUTSIDE_NETWORKS=127.0.0.0/8")
    with ending_in_words():
        uvicorn.run(Providers(show=typer.echo).application(), host="127.0.0.1", port=port, log_level="warning")
