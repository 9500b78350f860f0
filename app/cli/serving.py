"""Processes that serve: everything on this machine, or one at a time."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.words import ending_in_words, read_settings

if TYPE_CHECKING:
    from app.core.settings import Settings

commands = typer.Typer()


@commands.command()
def up() -> None:
    """Start everything on this machine: servers, migrations, demo data, API and workers."""
    from app.embedded.supervisor import run_up

    raise typer.Exit(run_up(read_settings()))


@commands.command()
def api() -> None:
    """Serve the API, one process, from the settings in the environment."""
    import uvicorn

    settings = read_settings()
    with ending_in_words():
        settings.refuse_incomplete("app", "platform", "reader")
        settings.secret_keys_value()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        **proxy_options(settings),
        # Requests are logged by ourselves, with tenant and correlation id.
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=5,
    )


def proxy_options(settings: "Settings") -> dict[str, Any]:
    """Whose X-Forwarded-For the server believes: nobody's but that of the proxies which the settings name."""
    return {"proxy_headers": bool(settings.trusted_proxies), "forwarded_allow_ips": settings.trusted_proxies}


@commands.command()
def worker(
    queue: Annotated[list[str] | None, typer.Option(help="Serve this queue only; may be given several times.")] = None,
) -> None:
    """Run the jobs, one process, from the settings in the environment."""
    from importlib import import_module

    with ending_in_words():
        read_settings().refuse_incomplete("worker", "platform")
    import_module("workers.settings").run(queue)
