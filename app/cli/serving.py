"""Processes that serve: everything on this machine, or one at a time."""

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli.words import ending_in_words, read_settings

if TYPE_CHECKING:
    from app.core.settings import Settings

commands = typer.Typer()
_AS_USUAL: Final = gc.get_threshold()


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
    import_module("app.main")
    # A cycle may hold a file of many megabytes that somebody sent, so the API looks for them as often as Python does, but
    # never among what was imported: that would hold up every request in hand for a quarter of a second.
    gc.freeze()
    gc.set_threshold(*_AS_USUAL)
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
    with ending_in_words():
        read_settings().refuse_incomplete("worker", "platform")
    import_module("workers.settings").run(queue)
