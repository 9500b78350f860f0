"""What an earlier start that was killed left working."""

import time
from pathlib import Path

import psutil

POLL_SECONDS = 0.02
GONE_WITHIN_SECONDS = 5


def end_leftovers(program: str, folder: Path) -> int:
    """Ends what still works in this folder and returns how many there were.

    A backend that was busy when its postmaster was killed works on, holds the shared memory and makes PostgreSQL refuse
    every start until it is done. The program's name is asked for as well, so that nobody's shell is ended.
    """
    left = [process for process in psutil.process_iter(["name"]) if _works_in(process, program, folder)]
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    until = time.monotonic() + GONE_WITHIN_SECONDS
    while any(_still_holds(process) for process in left) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return len(left)


def _works_in(process: psutil.Process, program: str, folder: Path) -> bool:
    try:
        return process.info["name"] == program and Path(process.cwd()) == folder
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def _still_holds(process: psutil.Process) -> bool:
    """A zombie holds neither memory nor files: it only waits for a parent that may be slow to ask."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
