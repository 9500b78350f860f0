"""Child processes: started so that they cannot outlive us, waited for, stopped, and found again after an accident."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.embedded.account import Identity
from app.embedded.descent import descent
from app.embedded.journal import Journal
from app.embedded.watchdog import Watchdog

POLL_SECONDS = 0.02

# A signal and how long to wait for its effect; SIGKILL follows the last.
Patience = tuple[signal.Signals, float]


class Process:
    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", watchdog: Watchdog | None) -> None:
        self.name = name
        self._popen = popen
        self._watchdog = watchdog

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; a negative number names the signal that ended it."""
        had_ended = self._popen.returncode is not None
        code = self._popen.poll()
        if code is not None and not had_ended and self._watchdog is not None:
            self._watchdog.forget(self.pid)
        return code

    async def wait(self, within: float | None = None) -> int | None:
        """Its exit code, or None when the time is over first. Polling keeps us to one thread (see `descent`)."""
        until = None if within is None else time.monotonic() + within
        while self.exit_code is None and (until is None or time.monotonic() < until):  # noqa: ASYNC110 (as above)
            await asyncio.sleep(POLL_SECONDS)
        return self.exit_code

    async def stop(self, *steps: Patience) -> None:
        for number, seconds in steps:
            if self.exit_code is not None:
                return
            self._popen.send_signal(number)
            await self.wait(seconds)
        if self.exit_code is None:
            self._popen.kill()
            await self.wait()


class Launcher:
    """Starts children; each writes to the journal under its name and dies with this process."""

    def __init__(self, journal: Journal, *, by_watchdog: bool = sys.platform != "linux") -> None:
        self.journal = journal
        self._watchdog = Watchdog() if by_watchdog else None
        self._started: list[tuple[Process, signal.Signals]] = []

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        identity: Identity | None = None,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        dies_with_parent: signal.Signals = signal.SIGKILL,
        silent: bool = False,
    ) -> Process:
        output = self.journal.open(name)
        try:
            # A session of its own: Ctrl-C in a terminal reaches us alone, and we stop the others in order.
            popen = subprocess.Popen(  # noqa: S603 (programs of our own wheels and our own interpreter)
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if silent else output,
                stderr=output,
                cwd=folder,
                env=None if environment is None else dict(environment),
                start_new_session=True,
                preexec_fn=descent(identity or Identity(), dies_with_parent),  # noqa: PLW1509 (one thread only)
            )
        finally:
            os.close(output)
        if self._watchdog is not None:
            self._watchdog.guard(popen.pid, dies_with_parent)
        process = Process(name, popen, self._watchdog)
        self._started.append((process, dies_with_parent))
        return process

    async def close(self) -> None:
        """Ends whatever nobody stopped, for example a server whose start was cancelled half-way."""
        for process, dies_with_parent in self._started:
            await process.stop((dies_with_parent, 1))
        if self._watchdog is not None:
            self._watchdog.close()
