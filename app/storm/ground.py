"""Where a storm happens: `plenary up` in a home of its own, what can be broken of it, and a client that outlasts it."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import httpx
import psutil
import redis.asyncio as redis
from redis.exceptions import RedisError

from app.core.database_problems import DATABASE_ERRORS
from app.core.jobs import list_running
from app.core.settings import Settings
from app.demo.calls import Caller, CallFailed
from app.embedded.first_start import our_command
from app.embedded.journal import FileJournal
from app.embedded.processes import Launcher

READY_SECONDS: Final = 180
PATIENCE_SECONDS: Final = 60
RESUMED_SECONDS: Final = 15
"""What is promised: work of something that died goes on within this time."""
_TOLD_TO_END: Final = "Told to end before it was over: nothing is counted."


class Enduring(httpx.AsyncBaseTransport):
    """Asks again while the server is away, as a careful client does: every POST carries a key, so that it counts once."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=20))
        self.faults = Counter[str]()
        """Answers that a server should not give: a status of 500 and more that is no 503 with Retry-After."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            request.headers.setdefault("Idempotency-Key", uuid4().hex)
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                response = await self._inner.handle_async_request(request)
                # A server may end between the head of an answer and its body; what it did is asked for again.
                await response.aread()
            except httpx.TransportError as error:
                if time.monotonic() > until:
                    words = f"The service has not answered for {PATIENCE_SECONDS} seconds: {error!r}"
                    raise CallFailed(words) from error
            else:
                self._look_at(request, response)
                if response.status_code not in (429, 503) or time.monotonic() > until:
                    return response
                await response.aclose()
            await asyncio.sleep(0.3)

    def _look_at(self, request: httpx.Request, response: httpx.Response) -> None:
        says_when = response.status_code == 503 and "Retry-After" in response.headers
        if response.status_code >= 500 and not says_when:
            self.faults[f"{request.method} {request.url.path}: {response.status_code}"] += 1

    async def aclose(self) -> None:
        await self._inner.aclose()


class Ground:
    """One running service. What it prints is in `storm.log` beside its home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.outbox = home / "outbox"
        self._log = home.parent / "storm.log"
        self._process: asyncio.subprocess.Process | None = None
        self._environment: dict[str, str] = {}
        self._more: dict[int, psutil.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        address = f"http://127.0.0.1:{self._port}"
        self.enduring = Enduring()
        self.client = httpx.AsyncClient(base_url=address, transport=self.enduring, timeout=60)

    async def start(self, **settings: str) -> None:
        """Start the service and wait until it is ready; `settings` are PLENARY_ variables without the prefix."""
        given = {"PLENARY_HOME": str(self.home), "PLENARY_PORT": str(self._port), "PLENARY_DEMO": "0"}
        given |= {f"PLENARY_{name.upper()}": value for name, value in settings.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
        self._environment = kept | given
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "app.cli", "up", env=self._environment, stdout=log, stderr=log
            )
        await self._until_ready(self._process)

    def keep_log(self, name: str) -> Path:
        """A copy that stays when the home is gone."""
        return Path(shutil.copy(self._log, Path(tempfile.gettempdir(), name)))

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        until = time.monotonic() + READY_SECONDS
        async with httpx.AsyncClient(base_url=self.client.base_url) as asking:
            while time.monotonic() < until:
                if process.returncode is not None:
                    break
                with suppress(httpx.TransportError):
                    if (await asking.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise CallFailed(f"The service did not start:\n{self._log.read_text()[-2000:]}")

    async def add_workers(self, number: int) -> None:
        """Beside the one of `plenary up`, as a second machine would have them; started again when they end, too."""
        first = await self._child("worker")
        environment = self._environment | {"PLENARY_REDIS_URL": first.environ()["PLENARY_REDIS_URL"]}
        self._keepers += [asyncio.create_task(self._keep_worker(n, environment)) for n in range(number)]

    async def _keep_worker(self, number: int, environment: dict[str, str]) -> None:
        launcher = Launcher(FileJournal(self.home.parent))
        try:
            while True:
                process = launcher.start("more-workers", our_command("worker"), environment=environment)
                self._more[number] = psutil.Process(process.pid)
                await process.wait()
        finally:
            # One that was stopped would hear nothing of its end.
            with suppress(psutil.Error):
                self._more[number].resume()
            await launcher.close()

    async def workers(self) -> list[psutil.Process]:
        return [await self._child("worker"), *self._more.values()]

    async def stop(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers.clear()
        self._more.clear()
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            await self._process.wait()

    async def make_platform_key(self) -> Caller:
        """The one key that no API can give."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "keys", "create", "platform_admin",
            env=self._environment, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
        if process.returncode != 0:
            raise CallFailed("`plenary keys create platform_admin` failed.")
        return Caller(self.client, out.decode().split()[-1])

    async def running_jobs(self) -> dict[UUID, tuple[int, datetime]]:
        """What workers hold, or held when they died, with fencing token and lease; waits while PostgreSQL is away."""
        settings = Settings(home=self.home, _env_file=self.home / "env")  # pyright: ignore[reportCallIssue] - the library's
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await list_running(settings)
            except DATABASE_ERRORS:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.1)

    async def kill(self, name: str) -> None:
        """Kill -9 the process of that name: api, worker, postgres or valkey-server. `plenary up` starts it again."""
        (await self._child(name)).kill()

    async def flush_valkey(self) -> None:
        """Everything that Valkey holds is gone."""
        worker = await self._child("worker")
        until = time.monotonic() + PATIENCE_SECONDS
        async with redis.from_url(worker.environ()["PLENARY_REDIS_URL"]) as connection:
            while time.monotonic() < until:
                # It may have been killed a moment ago.
                with suppress(RedisError):
                    await connection.flushall()
                    return
                await asyncio.sleep(0.1)
        raise CallFailed("`plenary up` does not start valkey-server again.")

    async def _child(self, name: str) -> psutil.Process:
        """The process of that name, once it runs: it may have been killed a moment ago."""
        assert self._process is not None
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            for child in psutil.Process(self._process.pid).children():
                with suppress(psutil.Error):
                    # Servers are known by their program, our own commands by their argument.
                    if name == child.name() or name in child.cmdline():
                        return child
            await asyncio.sleep(0.05)
        raise CallFailed(f"`plenary up` does not start {name} again.")


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """A home that is removed afterwards; whatever runs in it is ended."""
    with tempfile.TemporaryDirectory(prefix="plenary-storm-") as folder:
        # Its servers run as another account when this is root.
        os.chmod(folder, 0o711)  # noqa: PTH101, S103 - to pass through, not to look; a path's method would count as waiting
        made = Ground(Path(folder, "home"))
        playing = asyncio.current_task()
        assert playing is not None
        # Nothing of it runs on when whoever plays it is told to end.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel, _TOLD_TO_END)
        try:
            yield made
        except asyncio.CancelledError as end:
            if end.args != (_TOLD_TO_END,):
                raise
            raise CallFailed(_TOLD_TO_END) from None
        finally:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
            await made.client.aclose()
            await made.stop()
