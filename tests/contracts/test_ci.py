"""What continuous integration does before it checks: it fetches a browser where it can, and goes on where it cannot."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "run"


def run(tmp_path: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """The script on a machine that has these programs, and of the real ones no more than it cannot do without."""
    for name in ("bash", "dirname", "chmod"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    for name, body in {"id": "echo 0", "make": "echo checked", **programs}.items():
        program = tmp_path / name.replace("_", "-")
        program.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        program.chmod(0o755)
    environment = os.environ | {"PATH": str(tmp_path)}
    command = [str(tmp_path / "bash"), str(SCRIPT)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_browser_is_installed_where_there_is_none(tmp_path: Path) -> None:
    fetch = f'[ "$2" = update ] || {{ : > "{tmp_path}/chromium"; chmod 755 "{tmp_path}/chromium"; }}'
    done = run(tmp_path, apt_get=fetch)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["Installing Debian's chromium for the test of the intranet page", "checked"]


@pytest.mark.parametrize("fetch", ["exit 100", "exit 0"])
def test_a_browser_that_cannot_be_had_is_said_and_the_checks_run(tmp_path: Path, fetch: str) -> None:
    done = run(tmp_path, apt_get=fetch)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "checked")
    assert done.stderr == "chromium could not be installed: the test of the intranet page will skip\n"


@pytest.mark.parametrize("programs", [{"chromium": ""}, {"apt_get": "exit 1", "id": "echo 1000"}, {}])
def test_nothing_is_installed_with_a_browser_there_without_rights_or_without_apt(tmp_path: Path, programs) -> None:
    done = run(tmp_path, **programs)
    assert (done.returncode, done.stdout, done.stderr) == (0, "checked\n", "")
