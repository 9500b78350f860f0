import os
import signal
import subprocess
import sys

import psutil
import pytest

from app.embedded.account import Account, Identity
from app.embedded.leftovers import end_leftovers
from tests.embedded.process_facts import becomes_true, has_ended

# A supervisor in small: starts one child, tells its number and waits to be killed.
SUPERVISOR = """
import asyncio, pathlib, sys, time
from app.embedded.account import Account, Identity
from app.embedded.journal import FileJournal
from app.embedded.processes import Launcher

launcher = Launcher(FileJournal(pathlib.Path(sys.argv[1])), by_watchdog=sys.argv[2] == "watchdog")
identity = Identity(Account("nobody", int(sys.argv[3]), int(sys.argv[4])), True) if len(sys.argv) > 3 else None
print(launcher.start("child", ["sleep", "60"], identity=identity).pid, flush=True)
time.sleep(60)
"""


def start_supervisor(*arguments: object) -> "tuple[subprocess.Popen[str], int]":
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    with supervisor.stdout:
        return supervisor, int(supervisor.stdout.readline())


@pytest.mark.parametrize(
    "means",
    [
        pytest.param("kernel", marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has the signal")),
        "watchdog",
    ],
)
def test_children_die_with_a_killed_supervisor(tmp_path, means):
    supervisor, child = start_supervisor(tmp_path, means)
    assert not has_ended(child)
    supervisor.kill()
    supervisor.wait()
    assert becomes_true(lambda: has_ended(child), within=5)


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_children_of_another_account_die_with_a_killed_supervisor(tmp_path, nobody):
    """A change of account clears the parent-death signal, so it has to be asked for afterwards."""
    supervisor, child = start_supervisor(tmp_path, "kernel", nobody.pw_uid, nobody.pw_gid)
    assert psutil.Process(child).uids().real == nobody.pw_uid
    supervisor.kill()
    supervisor.wait()
    assert becomes_true(lambda: has_ended(child), within=5)


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
async def test_a_child_of_another_account_keeps_one_capability_and_no_groups(launcher, tmp_path, nobody):
    account = Account("nobody", nobody.pw_uid, nobody.pw_gid)
    process = launcher.start(
        "status", ["cat", "/proc/self/status"], identity=Identity(account, enters_closed_folders=True)
    )
    assert await process.wait(5) == 0
    status = dict(line.split(":", 1) for line in (tmp_path / "status.log").read_text().splitlines() if ":" in line)
    assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
    assert status["Groups"].strip() == ""
    for held in ("CapPrm", "CapEff", "CapAmb"):
        assert int(status[held], 16) == 1 << 1, held


async def test_a_child_that_ignores_the_polite_signal_is_killed(launcher, tmp_path):
    process = launcher.start("deaf", ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"])
    assert becomes_true(lambda: "deaf" in (tmp_path / "deaf.log").read_text(), within=5)
    await process.stop((signal.SIGTERM, 0.3))
    assert process.exit_code == -signal.SIGKILL


async def test_closing_the_launcher_ends_what_nobody_stopped(launcher):
    process = launcher.start("left", ["sleep", "60"])
    await launcher.close()
    assert process.exit_code == -signal.SIGKILL


async def test_only_the_named_program_in_that_folder_is_a_leftover(launcher, tmp_path):
    server, elsewhere = tmp_path / "server", tmp_path / "elsewhere"
    server.mkdir()
    elsewhere.mkdir()
    leftover = launcher.start("leftover", ["sleep", "60"], folder=server)
    neighbour = launcher.start("neighbour", ["sleep", "60"], folder=elsewhere)
    shell = launcher.start(
        "shell", ["sh", "-c", "while read line; do :; done; exec cat /dev/zero >/dev/null"], folder=server
    )
    assert end_leftovers("sleep", server) == 1
    assert (leftover.exit_code, neighbour.exit_code, shell.exit_code) == (-signal.SIGKILL, None, None)
    assert end_leftovers("sleep", server) == 0


async def test_the_environment_is_what_was_given_and_files_stay_private(launcher, tmp_path):
    process = launcher.start(
        "child", ["sh", "-c", "echo $WORD; : > made"], environment={**os.environ, "WORD": "given"}, folder=tmp_path
    )
    assert await process.wait(5) == 0
    assert (tmp_path / "child.log").read_text() == "given\n"
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600
