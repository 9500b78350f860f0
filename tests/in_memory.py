"""Where the tests keep what they throw away: in memory where the machine has room for it, else where temporary files go."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

import psutil

_FOLDER: Final = Path("/dev/shm")
"""What Linux has for files in memory; other systems keep theirs where temporary files go."""
_ROOM: Final = 4 * 2**30
"""Of which a run takes one at its height; a container has 64 MB there unless it is told otherwise."""


def keep_temporary_files_in_memory() -> None:
    """For this process and those it starts. Each test's database is a thousand small files: making them on a disk takes
    ten times the work of the server, as much as all the tests' own statements.
    """
    if _has_room():
        os.environ["TMPDIR"] = tempfile.tempdir = str(_FOLDER)


def _has_room() -> bool:
    return (
        os.access(_FOLDER, os.W_OK | os.X_OK)
        # Some tests make a program there and start it.
        and not os.statvfs(_FOLDER).f_flag & os.ST_NOEXEC
        and min(shutil.disk_usage(_FOLDER).free, psutil.virtual_memory().available) > _ROOM
    )
