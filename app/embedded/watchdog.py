"""Ends our children when we are gone, where the kernel has no parent-death signal (macOS).

The supervisor starts this file as a program and holds the write end of its standard input. A line `+PID SIGNAL` adds a
child, `-PID` forgets one. When the supervisor dies, however it dies, the pipe ends and every child left is signalled.
Standard library only: it runs isolated from the project.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO


class Watchdog:
    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and our own file)
            [sys.executable, "-I", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def guard(self, pid: int, dies_with_parent: signal.Signals) -> None:
        self._tell(f"+{pid} {int(dies_with_parent)}\n")

    def forget(self, pid: int) -> None:
        self._tell(f"-{pid}\n")

    def close(self) -> None:
        pipe = self._pipe()
        if not pipe.closed:
            pipe.close()
        self._process.wait(timeout=5)

    def _tell(self, line: str) -> None:
        self._pipe().write(line.encode())
        self._pipe().flush()

    def _pipe(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin


def watch(lines: IO[str]) -> dict[int, int]:
    """Reads until the other end is gone and returns who is still to be ended, with which signal."""
    guarded: dict[int, int] = {}
    for line in lines:
        if line.startswith("+"):
            pid, number = line[1:].split()
            guarded[int(pid)] = int(number)
        else:
            guarded.pop(int(line[1:]), None)
    return guarded


def end(guarded: dict[int, int]) -> None:
    for pid, number in guarded.items():
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    # Ctrl-C and a polite stop are the supervisor's business; this one leaves when the pipe does.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(watch(sys.stdin))
