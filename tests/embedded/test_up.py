"""`plenary up` as a person starts it: real processes from the command to the answer."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.embedded.process_facts import becomes_true, has_ended

PROJECT = Path(__file__).parents[2]


class Up:
    def __init__(self, home: Path, log: Path, port: int, *, demo: bool = False) -> None:
        self.log = log
        self.address = f"http://127.0.0.1:{port}"
        given = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
        settings = {"PLENARY_HOME": str(home), "PLENARY_PORT": str(port), "PLENARY_DEMO": str(int(demo))}
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up"],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=PROJECT,
                env=given | settings | {"PYTHONPATH": str(PROJECT)},
            )

    def says(self, words: str, *, within: float = 120) -> bool:
        becomes_true(lambda: words in self.log.read_text() or self.process.poll() is not None, within=within)
        return words in self.log.read_text()

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as response:
                return response.status == 200
        except OSError:
            return False

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, name: str) -> psutil.Process:
        return next(child for child in self.children() if name in child.cmdline())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Up]]:
    all_started: list[Up] = []
    yield all_started
    for up in all_started:
        up.process.kill()
        up.process.wait()


@pytest.mark.slow
def test_up_answers_outlives_its_children_and_ends_with_all_of_them(tmp_path, started):
    home = tmp_path / "home"
    up = Up(home, tmp_path / "first.log", free_port())
    started.append(up)
    assert up.says(f"\nPlenary is ready: {up.address}\n"), up.log.read_text()[-2000:]
    assert up.is_ready()
    assert up.says(f"first key:     PLENARY_HOME={home} plenary keys create platform_admin\n", within=5)

    second = Up(home, tmp_path / "second.log", free_port())
    started.append(second)
    assert second.process.wait(60) == 1
    assert f"already running in {home} (process {up.process.pid})" in second.log.read_text()

    up.child("api").kill()
    assert up.says("api ended with code -9")
    assert becomes_true(up.is_ready, within=60)

    children = up.children()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(10) == 0
    assert [child.pid for child in children if not has_ended(child.pid)] == []

    (home / "demo-keys.json").touch(mode=0o600)
    again = Up(home, tmp_path / "again.log", free_port())
    started.append(again)
    assert again.says("Plenary is ready"), again.log.read_text()[-2000:]
    assert again.says(f"demo mailbox:  PLENARY_HOME={home} plenary demo mails\n", within=5)
    assert (home / "bootstrapped").stat().st_mtime < (home / "lock").stat().st_mtime, "nothing to migrate again"
    secrets = [path for path in home.iterdir() if path.is_file() and path.stat().st_mode & 0o077]
    assert secrets == []
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(10) == 0


def test_a_busy_port_is_refused_in_words_before_anything_starts(tmp_path, started):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        up = Up(tmp_path / "home", tmp_path / "log", holder.getsockname()[1])
        started.append(up)
        assert up.process.wait(60) == 1
    assert "Choose another port with PLENARY_PORT" in up.log.read_text()
    assert not (tmp_path / "home" / "servers").exists()


@pytest.mark.slow
def test_a_first_start_stopped_while_the_demo_loads_leaves_nobody_behind(tmp_path, started):
    up = Up(tmp_path / "home", tmp_path / "log", free_port(), demo=True)
    started.append(up)
    # By then the worker has done the imports: it would go on without its database.
    assert up.says("Publishing the scheme"), up.log.read_text()[-2000:]
    worker = up.child("worker")
    children = up.children()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(10) == 0
    assert worker in children
    left = [child for child in children if not has_ended(child.pid)]
    for child in left:
        child.kill()
    assert left == []
