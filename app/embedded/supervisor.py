"""`plenary up`: servers, migrations, demo data, API and worker on one machine, with one log and one end."""

import asyncio
import os
import shlex
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.core.settings import Settings, unknown_names
from app.embedded.errors import CannotStart
from app.embedded.first_start import bootstrap_database, ensure_secret_keys, load_wanted_demo, our_command, want_demo
from app.embedded.home import Home
from app.embedded.journal import StreamJournal
from app.embedded.processes import Launcher, Process
from app.embedded.wheels import require_wheels

if TYPE_CHECKING:
    from app.embedded.servers import Servers

READY_WITHIN_SECONDS = 120
# Long enough for requests and jobs in hand, short enough that the servers still close properly within ten seconds.
CHILD_PATIENCE = (signal.SIGTERM, 5.5)
FIRST_PAUSE_SECONDS = 0.25
# Less than the time within which the work of whoever died goes on.
LONGEST_PAUSE_SECONDS = 5
# A child that ran this long was well; its next end starts the pauses anew.
WELL_AFTER_SECONDS = 10


class Service(Protocol):
    @property
    def name(self) -> str: ...
    async def start(self) -> Process: ...
    async def stop(self, process: Process) -> None: ...


@dataclass(frozen=True)
class OurCommand:
    """The API or the worker: a command of our own, started by module name."""

    name: str
    launcher: Launcher
    environment: Mapping[str, str]

    async def start(self) -> Process:
        return self.launcher.start(self.name, our_command(self.name), environment=self.environment)

    async def stop(self, process: Process) -> None:
        await process.stop(CHILD_PATIENCE)


class Supervisor:
    def __init__(self, settings: Settings, home: Home, journal: StreamJournal, launcher: Launcher) -> None:
        self._settings = settings
        self._home = home
        self._journal = journal
        self._launcher = launcher
        self._running: dict[str, tuple[Service, Process]] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Starts everything, says so, and keeps it running until cancelled."""
        refuse_busy_port(self._settings.host, self._settings.port)
        environment = await self._prepare()
        for name in ("api", "worker"):
            await self._begin(OurCommand(name, self._launcher, environment))
        await self._wait_until_ready()
        self._announce()
        await asyncio.gather(*self._keepers)

    async def shut_down(self) -> None:
        """First those who use the servers, then the servers."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        running = list(self._running.values())
        users = [(service, process) for service, process in running if isinstance(service, OurCommand)]
        servers = [(service, process) for service, process in running if not isinstance(service, OurCommand)]
        for group in (users, servers):
            await asyncio.gather(*(service.stop(process) for service, process in group))

    async def _prepare(self) -> Mapping[str, str]:
        """Servers, database, keys and demo data; returns the environment of API and worker."""
        settings = self._settings
        servers = self._servers() if settings.admin_database_url is None or settings.redis_url is None else None
        embedded: list[Service] = []
        if servers and settings.admin_database_url is None:
            embedded.append(servers.postgres)
        if servers and settings.redis_url is None:
            embedded.append(servers.valkey)
        await asyncio.gather(*(self._begin(server) for server in embedded))
        environment = self._environment(settings.redis_url or (servers.valkey.url if servers else ""))
        if settings.secret_keys is None and (warning := ensure_secret_keys(self._home)):
            self._journal.say(warning)
        if settings.demo:
            want_demo(self._home)
        await bootstrap_database(
            self._home,
            self._launcher,
            environment,
            settings.admin_database_url or (servers.postgres.admin_url if servers else ""),
            embedded=settings.admin_database_url is None,
        )
        await load_wanted_demo(self._home, self._launcher, environment)
        # Readiness waits for a demo where one is expected.
        return {**environment, "PLENARY_DEMO": "1" if self._home.demo_keys.exists() else "0"}

    def _servers(self) -> "Servers":
        # Late: with both servers given by URL the extra `embedded` need not be installed.
        require_wheels()
        from app.embedded.servers import prepare_servers  # noqa: PLC0415

        servers = prepare_servers(self._home, self._launcher, run_as=self._settings.run_as)
        if servers.identity.enters_closed_folders:
            self._journal.say(
                f"the servers run as {servers.account.name} and keep the right to enter closed folders, because "
                f"{self._home.path} or the virtual environment is closed to that account"
            )
        return servers

    def _environment(self, redis_url: str) -> Mapping[str, str]:
        """The superuser's URL is not for API and worker; the logins' URLs they read from the file in the home."""
        # Whoever started us has been told of unknown names; each child would say it again.
        kept_back = {"PLENARY_ADMIN_DATABASE_URL", *unknown_names()}
        inherited = {name: value for name, value in os.environ.items() if name not in kept_back}
        return inherited | {
            "PLENARY_HOME": str(self._home.path),
            "PLENARY_REDIS_URL": redis_url,
            "PYTHONUNBUFFERED": "1",
        }

    async def _begin(self, service: Service) -> None:
        process = await service.start()
        self._running[service.name] = (service, process)
        self._keepers.append(asyncio.create_task(self._keep(service, process)))

    async def _keep(self, service: Service, process: Process) -> None:
        """Starts it again whenever it ends, at once after a long life and ever later when it keeps failing."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            code = await process.wait()
            if time.monotonic() - began > WELL_AFTER_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._journal.say(f"{service.name} ended with code {code}; starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            try:
                process = await service.start()
            except CannotStart as refusal:
                self._journal.say(str(refusal))
            else:
                self._running[service.name] = (service, process)

    async def _wait_until_ready(self) -> None:
        answer = "none"
        until = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < until:
            answer = await _ask(self._local_host(), self._settings.port, "/readyz") or answer
            if " 200 " in answer.partition("\n")[0]:
                return
            await asyncio.sleep(0.05)
        raise CannotStart(
            f"{self._address()}/readyz was not ready in {READY_WITHIN_SECONDS} s. Its last answer: {answer[:500]}"
        )

    def _local_host(self) -> str:
        """Where this machine reaches the API; one that listens at every address is asked at the local one."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)  # noqa: S104

    def _address(self) -> str:
        host = self._local_host()
        return f"http://{f'[{host}]' if ':' in host else host}:{self._settings.port}"

    def _announce(self) -> None:
        mail = "by SMTP" if self._settings.smtp_url else self._settings.outbox_path.resolve()
        self._journal.announce(f"Plenary is ready: {self._address()}")
        self._journal.announce(f"  documentation: {self._address()}/docs")
        self._journal.announce(f"  outgoing mail: {mail}")
        home = f"PLENARY_HOME={shlex.quote(str(self._home.path))} " if "PLENARY_HOME" in os.environ else ""
        if self._home.demo_keys.exists():
            self._journal.announce(f"  demo keys:     {self._home.demo_keys}")
            if not self._settings.smtp_url:
                self._journal.announce(f"  demo mailbox:  {home}plenary demo mails")
        else:
            self._journal.announce(f"  first key:     {home}plenary keys create platform_admin")
            self._journal.announce("  what follows:  docs/first-scheme.md")


async def _ask(host: str, port: int, path: str) -> str | None:
    """A whole answer as text, or None when nobody answers. By hand: to import an HTTP client takes longer than most of
    what happens here.
    """
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
    except OSError:
        return None
    return answer.decode(errors="replace") or None


def refuse_busy_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Cannot listen at {host} port {port}: {error.strerror}. Choose another port with PLENARY_PORT, or "
                "stop what uses it."
            ) from error


def run_up(settings: Settings) -> int:
    return asyncio.run(_up(settings))


async def _up(settings: Settings) -> int:
    """Runs until told to stop, and returns the exit code."""
    journal = StreamJournal()
    launcher = Launcher(journal)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        home = Home(settings.home)
        home.create()
        with home.locked():
            await _supervise(Supervisor(settings, home, journal, launcher), stopped)
            home.remove_sockets()
    except CannotStart as refusal:
        journal.say(str(refusal))
        return 1
    finally:
        await launcher.close()
        journal.close()
    journal.say("stopped")
    return 0


async def _supervise(supervisor: Supervisor, stopped: asyncio.Event) -> None:
    running = asyncio.create_task(supervisor.run())
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (running, stopping):
        task.cancel()
    await asyncio.wait({running, stopping})
    await supervisor.shut_down()
    if not running.cancelled():
        running.result()
