"""A real Valkey under our care. It keeps nothing on disk: whatever it forgets, PostgreSQL remembers."""

import asyncio
import signal
import socket
import time
from pathlib import Path

from app.embedded.account import Identity
from app.embedded.errors import CannotStart
from app.embedded.leftovers import end_leftovers
from app.embedded.processes import Launcher, Process

SOCKET_NAME = "valkey.sock"
READY_WITHIN_SECONDS = 20


class ValkeyServer:
    name = "valkey"

    def __init__(self, *, program: Path, folder: Path, sockets: Path, identity: Identity, launcher: Launcher) -> None:
        self._program = program
        self._folder = folder
        self._socket = sockets / SOCKET_NAME
        self._identity = identity
        self._launcher = launcher

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    async def start(self) -> Process:
        end_leftovers("valkey-server", self._folder)
        self._socket.unlink(missing_ok=True)
        process = self._launcher.start(
            self.name,
            [
                *(self._program, "--port", "0", "--unixsocket", self._socket, "--unixsocketperm", "700"),
                *("--dir", self._folder, "--save", "", "--appendonly", "no", "--loglevel", "warning"),
            ],
            identity=self._identity,
            folder=self._folder,
        )
        until = time.monotonic() + READY_WITHIN_SECONDS
        while not self._answers():
            if process.exit_code is not None or time.monotonic() > until:
                await self.stop(process)
                raise CannotStart(f"Valkey did not start: {self._launcher.journal.where(self.name)}.")
            await asyncio.sleep(0.02)
        return process

    async def stop(self, process: Process) -> None:
        await process.stop((signal.SIGTERM, 1.5))

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(5) == b"+PONG"
            except OSError:
                return False
