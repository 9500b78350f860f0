"""How far long work of a command has come: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Report = Callable[[int, int], None]


@contextmanager
def progress_shown(title: str, *, stream: TextIO | None = None) -> Iterator[Report]:
    """Gives a function to call with (done, total)."""
    out = stream or sys.stderr
    if out.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(file=out)) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    yield _lines(title, out)


def _lines(title: str, out: TextIO) -> Report:
    last = -1

    def report(done: int, total: int) -> None:
        nonlocal last
        tenth = done * 10 // total if total else 0
        if tenth != last:
            last = tenth
            out.write(f"{title}: {done:,} of {total:,}\n")
            out.flush()

    return report
