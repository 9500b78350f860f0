"""The command line. Every command imports late and calls one function, so that `plenary --help` is quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.core.settings import Settings

main = typer.Typer(name="plenary", no_args_is_help=True, pretty_exceptions_show_locals=False, add_completion=False)

keys = typer.Typer(no_args_is_help=True, help="API keys, and the keys that seal stored secrets.")
main.add_typer(keys, name="keys")


def _settings() -> "Settings":
    """From the environment, or an end in words."""
    from app.core.settings import SettingsInvalid, load_settings

    try:
        return load_settings()
    except SettingsInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem


@contextmanager
def _ending_in_words() -> Iterator[None]:
    """What a person can do something about is said without a traceback."""
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


@main.callback()
def plenary() -> None:
    """The membership backbone of NHS commissioners as a JSON API."""


@main.command()
def up() -> None:
    """Start everything on this machine: servers, migrations, demo data, API and workers."""
    from app.embedded.supervisor import run_up

    raise typer.Exit(run_up(_settings()))


@main.command()
def api() -> None:
    """Serve the API, one process, from the settings in the environment."""
    import uvicorn

    settings = _settings()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        # Requests are logged by ourselves, with tenant and correlation id.
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=5,
    )


@main.command()
def worker(
    queue: Annotated[list[str] | None, typer.Option(help="Serve this queue only; may be given several times.")] = None,
) -> None:
    """Run the jobs, one process, from the settings in the environment."""
    from importlib import import_module

    import_module("workers.settings").run(queue)


@main.command()
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
    from app.core.migrate import upgrade

    settings = _settings()
    if bootstrap is None:
        upgrade(settings.asyncpg_url("owner"))
    else:
        admin_url = settings.asyncpg_url("admin") if bootstrap == "-" else bootstrap
        make_database(admin_url, env_file or settings.home / "env")


@main.command()
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
        output.write_bytes(document)


@main.command()
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


@main.command()
def backup(target: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write the whole database to one file, as of one moment, while everything runs or while nothing does."""
    from app.core.backup import backup as write

    settings = _settings()
    with _ending_in_words():
        if settings.admin_database_url is None and settings.home.exists():
            from app.embedded.servers import awake_database_of

            with awake_database_of(settings.home, run_as=settings.run_as):
                size = write(settings, target)
        else:
            size = write(settings, target)
    typer.echo(f"{target}: {size:,} bytes. Keep the secret keys with it; without them stored secrets cannot be opened.")


@main.command()
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

    settings = _settings()
    urls_file = env_file or settings.home / "env"
    hold_back = partial(_hold_back, settings)
    with _ending_in_words():
        refuse_wrong_file(source)
        if settings.admin_database_url is not None:
            load(settings.asyncpg_url("admin"), source, urls_file, hold_back=hold_back)
        else:
            from app.embedded.servers import database_of

            with database_of(settings.home, run_as=settings.run_as) as admin_url:
                load(admin_url, source, urls_file, hold_back=hold_back)
    typer.echo("Restored. Earlier cursors answer 410; messages that were waiting are parked: see `plenary jobs list`.")
    if settings.secret_keys is None and not (settings.home / "secret-keys").exists():
        typer.echo(
            f"Before you start it, bring the old installation's secret keys: its file `secret-keys` to {settings.home} "
            "(mode 0600), or its PLENARY_SECRET_KEYS. With new keys nobody can open the secrets stored in the backup."
        )


@main.command("import")
def import_file(
    kind: Annotated[
        str,
        typer.Argument(
            help="ods-practices, ods-memberships, networks, list-sizes, gp-payments, practice-profile; or localities, "
            "members, people of one commissioner."
        ),
    ],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The CSV, or the published ZIP with it.")],
    as_at: Annotated[str | None, typer.Option(help="Day of the file's knowledge; default: its newest date.")] = None,
    financial_year: Annotated[str | None, typer.Option(help="Year of a gp-payments file, such as 2014/15.")] = None,
    commissioner: Annotated[str | None, typer.Option(help="Code of the tenant whose own file this is.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Try everything and keep nothing but the outcome.")
    ] = False,
) -> None:
    """Import a file at once, as the API does with an upload."""
    import asyncio

    from app.core.progress import progress_shown
    from app.embedded.servers import awake_database_of
    from app.organisations import service as organisations
    from app.organisations.adapters.command import ImportCommand, run_import
    from app.organisations.values import FileKind
    from app.people.service import apply_people

    settings = _settings()
    appliers = {
        FileKind.LOCALITIES: organisations.apply_localities,
        FileKind.MEMBERS: organisations.apply_members,
        FileKind.PEOPLE: apply_people,
    }
    said = {"as_at": as_at, "financial_year": financial_year}
    options = {name: value for name, value in said.items() if value is not None}
    with _ending_in_words(), awake_database_of(settings.home, run_as=settings.run_as):
        command = ImportCommand.of(kind, file, options=options, commissioner=commissioner, dry_run=dry_run)
        with progress_shown(f"Importing {file.name}") as report:
            result = asyncio.run(run_import(settings, command, appliers=appliers, report=report))
    for error in result.errors[:20]:
        typer.echo(f"row {error.row}, {error.column}: {error.detail} ({error.code})", err=True)
    for warning in result.warnings:
        typer.echo(warning, err=True)
    counts = {name: value for name, value in result.summary().items() if name != "warnings"}
    typer.echo(", ".join(f"{name} {value:,}" for name, value in counts.items()))


def _hold_back(settings: "Settings", urls: dict[str, str]) -> None:
    """Park what was accepted before the backup and would go out now; nothing is signed, so any secret key will do."""
    from importlib import import_module

    from app.core.secrets import new_key_setting

    logins = {f"{login}_url": urls[login] for login in ("worker", "platform", "reader")}
    restored = settings.model_copy(update=logins | {"secret_keys": new_key_setting()})
    import_module("workers.restored").hold(restored)


@main.command("selfcheck")
def check_tenants_apart() -> None:
    """Check that the database keeps tenants apart: logins, policies, keys, views, functions and rights."""
    import asyncio

    from app.core.selfcheck import render, selfcheck
    from app.embedded.servers import awake_database_of

    settings = _settings()
    with _ending_in_words(), awake_database_of(settings.home, run_as=settings.run_as):
        verdicts = asyncio.run(selfcheck(settings.asyncpg_url("app")))
    for line in render(verdicts):
        typer.echo(line)
    if any(verdict.faults for verdict in verdicts):
        raise typer.Exit(1)


@keys.command("create")
def keys_create(
    role: Annotated[str, typer.Argument(help="platform_admin, commissioner_admin, payments_approver, …")],
    commissioner: Annotated[str | None, typer.Option(help="Code of the tenant; platform_admin has none.")] = None,
    name: Annotated[str | None, typer.Option(help="What the key is called; default: its role.")] = None,
    person: Annotated[str | None, typer.Option(metavar="NAME", help="Who acts with it.")] = None,
    email: Annotated[str | None, typer.Option(help="The person's address, by which a known person is found.")] = None,
    practice: Annotated[str | None, typer.Option(help="Within one practice.")] = None,
    locality: Annotated[str | None, typer.Option(metavar="ID", help="Within one locality.")] = None,
    origin: Annotated[list[str] | None, typer.Option(help="A web page that may use it; role intranet only.")] = None,
) -> None:
    """Make a key and print it. It is shown this once."""
    import asyncio

    from app.access.adapters.command import describe_role, make_key
    from app.access.values import KeyTerms
    from app.embedded.servers import awake_database_of

    settings = _settings()
    with _ending_in_words(), awake_database_of(settings.home, run_as=settings.run_as):
        wanted = describe_role(role, name=person, email=email, practice=practice, locality=locality)
        terms = KeyTerms(name=name or role, origins=tuple(origin or ()))
        typer.echo(asyncio.run(make_key(settings, commissioner=commissioner, wanted=wanted, terms=terms)))


@keys.command("list")
def keys_list(
    commissioner: Annotated[str | None, typer.Option(help="Code of the tenant; default: the platform's keys.")] = None,
) -> None:
    """Show the keys of one commissioner, never their secrets."""
    import asyncio

    from app.access.adapters.command import list_keys
    from app.embedded.servers import awake_database_of

    settings = _settings()
    with _ending_in_words(), awake_database_of(settings.home, run_as=settings.run_as):
        lines = asyncio.run(list_keys(settings, commissioner=commissioner, role=None))
    for line in lines:
        typer.echo(f"{line.id}  {line.state:8} {line.role:20} {line.boundary:12} {line.prefix}  {line.name}")


@keys.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(help="The key's id, from `plenary keys list`.")]) -> None:
    """Revoke a key of whichever commissioner. It is refused everywhere within five seconds."""
    import asyncio
    from uuid import UUID

    from app.access.adapters.command import end_key
    from app.embedded.servers import awake_database_of

    settings = _settings()
    try:
        wanted = UUID(key_id)
    except ValueError:
        raise typer.BadParameter("give the id of a key") from None
    with _ending_in_words(), awake_database_of(settings.home, run_as=settings.run_as):
        asyncio.run(end_key(settings, wanted))


@keys.command("secret")
def keys_secret() -> None:
    """Print a fresh value for PLENARY_SECRET_KEYS; put it in front of the others to rotate."""
    from app.core.secrets import new_key_setting

    typer.echo(new_key_setting())


jobs = typer.Typer(no_args_is_help=True, help="Background work: what is parked, and running it again.")
main.add_typer(jobs, name="jobs")
CommissionerOption = Annotated[str | None, typer.Option("--commissioner", help="Code of one commissioner; else all.")]


@jobs.command("list")
def list_jobs(
    state: Annotated[str, typer.Option(help="queued, running, done or parked.")] = "parked",
    commissioner: CommissionerOption = None,
) -> None:
    """Show jobs with their last error, parked ones unless another state is named."""
    import asyncio

    from app.core.jobs import list_everywhere

    with _ending_in_words():
        rows = asyncio.run(list_everywhere(_settings(), state=state, commissioner=commissioner))
    for row in rows:
        typer.echo(
            f"{row['id']}  {row['commissioner']:10} {row['kind']:32} {row['attempts']:3}  {row['last_error'] or ''}"
        )
    typer.echo(f"{len(rows)} {state}")


@jobs.command("redrive")
def redrive_jobs(
    job_id: Annotated[str | None, typer.Argument(help="One job; else all of a kind.")] = None,
    kind: Annotated[str | None, typer.Option(help="Every parked job of this kind.")] = None,
    commissioner: CommissionerOption = None,
) -> None:
    """Run parked jobs again, after what stopped them has been put right."""
    import asyncio
    from uuid import UUID

    from app.core.jobs import redrive_everywhere

    if (job_id is None) == (kind is None):
        typer.echo("Name one job, or a kind with --kind.", err=True)
        raise typer.Exit(2)
    with _ending_in_words():
        wanted = UUID(job_id) if job_id else None
        moved = asyncio.run(redrive_everywhere(_settings(), job_id=wanted, kind=kind, commissioner=commissioner))
    typer.echo(f"{moved} queued again")
    raise typer.Exit(0 if moved else 1)


demo = typer.Typer(no_args_is_help=True, help="The invented commissioner.")
main.add_typer(demo, name="demo")


@demo.command("load")
def load_demo() -> None:
    """Make the invented commissioner in an empty database; a second call does nothing."""
    import asyncio

    from app.core.logging import configure_logging
    from app.demo.load import load

    configure_logging(level="WARNING")
    with _ending_in_words():
        asyncio.run(load(_settings()))


@demo.command("tour")
def play_tour() -> None:
    """Play ten minutes against the running demo: call, answer, and what a person would say."""
    import asyncio

    from app.core.clock import SystemClock, london_date
    from app.demo.tour import tour

    settings = _settings()
    if not (settings.home / "demo-keys.json").exists():
        typer.echo(f"There are no demo keys in {settings.home}; start `plenary up` first.", err=True)
        raise typer.Exit(1)
    with _ending_in_words():
        asyncio.run(tour(settings.home, today=london_date(SystemClock().now()), outbox=settings.outbox_path))


storm = typer.Typer(no_args_is_help=True, help="Break the service while it works, on servers of its own, and count.")
main.add_typer(storm, name="storm")


def _weathered(problems: list[str]) -> None:
    for problem in problems:
        typer.echo(problem, err=True)
    typer.echo(f"{len(problems)} problems" if problems else "Nothing lost, nothing twice.")
    raise typer.Exit(1 if problems else 0)


@storm.command("payments")
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

    from app.storm import england
    from app.storm.payments import storm_payments as play

    with _ending_in_words():
        found = england.read(file) if file else england.invent(commissioners, practices)
        problems = asyncio.run(play(found, financial_year, say=typer.echo))
    _weathered(problems)


@storm.command("messages")
def storm_messages(
    people: Annotated[int, typer.Option(help="How many are announced to.")] = 20_000,
    kills: Annotated[int, typer.Option(help="How often the worker is killed on the way, each time.")] = 3,
) -> None:
    """An announcement to many people with the worker killed on the way: as files, then over SMTP."""
    import asyncio

    from app.storm.messages import storm_messages as play

    with _ending_in_words():
        problems = asyncio.run(play(people, kills, say=typer.echo))
    _weathered(problems)


if __name__ == "__main__":
    main()
