"""A real PostgreSQL under our care: made once, started, found again after an accident, stopped."""

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path
from urllib.parse import quote

from app.embedded.account import Account, Identity
from app.embedded.errors import CannotStart
from app.embedded.leftovers import end_leftovers
from app.embedded.processes import Launcher, Process
from app.embedded.wheels import POSTGRES_MAJOR

SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"

# Recovery after a crash replays the write-ahead log, which may take a while on a slow disk.
READY_WITHIN_SECONDS = 120

SETTINGS = {
    # No port: the socket's folder is private, and two homes cannot clash.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "plenary",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A refused constraint is an expected answer here, and the statement that met it may hold names of people.
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}

# For tests: what a power cut would destroy is thrown away in any case.
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class PostgresServer:
    name = "postgres"

    def __init__(
        self,
        *,
        programs: Path,
        data: Path,
        sockets: Path,
        password: str,
        account: Account,
        identity: Identity,
        launcher: Launcher,
        durable: bool = True,
    ) -> None:
        self._programs = programs
        self._data = data
        self._sockets = sockets
        self._password = password
        self._account = account
        self._identity = identity
        self._launcher = launcher
        self._settings = SETTINGS | {"unix_socket_directories": str(sockets)} | ({} if durable else THROW_AWAY)

    @property
    def admin_url(self) -> str:
        return f"postgresql://{SUPERUSER}:{quote(self._password)}@/postgres?host={quote(str(self._sockets), safe='')}"

    async def start(self) -> Process:
        refuse_other_major(self._data)
        self._clear_leftovers()
        if not self._data.exists():
            await self._make_data_directory()
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        process = self._launcher.start(
            self.name,
            [self._programs / "postgres", "-D", self._data, *settings],
            identity=self._identity,
            folder=self._data.parent,
            # Immediate shutdown: the postmaster takes its backends with it and frees the shared memory.
            dies_with_parent=signal.SIGQUIT,
        )
        await self._wait_until_ready(process)
        return process

    async def stop(self, process: Process) -> None:
        """Fast shutdown, which ends sessions and writes a checkpoint; then the immediate one."""
        await process.stop((signal.SIGINT, 2.5), (signal.SIGQUIT, 0.7))

    def _clear_leftovers(self) -> None:
        """The home is locked by us and nothing works in the data directory any more: lock files left are stale, and
        PostgreSQL would believe them when their process number has been given to somebody else.
        """
        end_leftovers("postgres", self._data)
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        for left in self._sockets.glob(f"{SOCKET_NAME}*"):
            left.unlink()

    async def _make_data_directory(self) -> None:
        """Made under another name first, so that a start killed half-way leaves no half-made data directory behind."""
        unfinished = self._data.with_name(f"{self._data.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = self._write_password_file()
        try:
            process = self._launcher.start(
                "initdb",
                [
                    *(self._programs / "initdb", "-D", unfinished, "-U", SUPERUSER, f"--pwfile={password_file}"),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                    # The build has no ICU, and the same order on every machine is worth more than a national one.
                    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                ],
                identity=self._identity,
                folder=self._data.parent,
                silent=True,
            )
            if await process.wait() != 0:
                raise CannotStart(f"PostgreSQL could not make {unfinished}: {self._launcher.journal.where('initdb')}.")
        finally:
            password_file.unlink()
        unfinished.rename(self._data)

    def _write_password_file(self) -> Path:
        path = self._data.with_name("superuser-password")
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchown(descriptor, self._account.uid, self._account.gid)
            file.write(self._password)
        return path

    async def _wait_until_ready(self, process: Process) -> None:
        until = time.monotonic() + READY_WITHIN_SECONDS
        while not self._says_ready(process.pid):
            if process.exit_code is not None or time.monotonic() > until:
                await self.stop(process)
                raise CannotStart(f"PostgreSQL did not start: {self._launcher.journal.where(self.name)}.")
            await asyncio.sleep(0.02)

    def _says_ready(self, pid: int) -> bool:
        """Line 8 of its lock file is the postmaster's own word, the one pg_ctl waits for."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def refuse_other_major(data: Path) -> None:
    try:
        major = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if major != POSTGRES_MAJOR:
        raise CannotStart(
            f"{data} was made by PostgreSQL {major}; this is PostgreSQL {POSTGRES_MAJOR}, which cannot read it. With "
            "the release that made it run `plenary backup FILE`; then set PLENARY_HOME to a new folder and run "
            "`plenary restore FILE` with this one. Nothing was changed."
        )
