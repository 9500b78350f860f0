"""What continuous integration does before it checks: it fetches a browser and a mail server where it can, and goes on where it cannot."""

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


SAID = {
    "chromium": (
        "Installing Debian's chromium for the tests of pages",
        "chromium could not be installed: the tests of pages in a browser will skip",
    ),
    "postfix": (
        "Installing Debian's postfix for the test of mail",
        "postfix could not be installed: the test of mail with a real server will skip",
    ),
}
OTHER = {"chromium": "postfix", "postfix": "chromium"}


@pytest.mark.parametrize("missing", SAID)
def test_what_is_missing_is_installed(tmp_path: Path, missing: str) -> None:
    fetch = f'[ "$2" = update ] || {{ : > "{tmp_path}/$4"; chmod 755 "{tmp_path}/$4"; }}; echo noise'
    done = run(tmp_path, apt_get=fetch, debconf_set_selections="", **{OTHER[missing]: ""})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [SAID[missing][0], "checked"]
    assert (tmp_path / missing).exists()


@pytest.mark.parametrize("missing", SAID)
@pytest.mark.parametrize("fetch", ["exit 100", "exit 0"])
def test_what_cannot_be_had_is_said_and_the_checks_run(tmp_path: Path, missing: str, fetch: str) -> None:
    done = run(tmp_path, apt_get=fetch, debconf_set_selections="", **{OTHER[missing]: ""})
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "checked")
    assert done.stderr == f"{SAID[missing][1]}\n"


def test_the_mail_server_is_told_to_have_no_configuration_so_that_it_starts_nothing(tmp_path: Path) -> None:
    told = tmp_path / "told"
    run(tmp_path, apt_get="exit 0", debconf_set_selections=f'read -r line; echo "$line" > "{told}"', chromium="")
    assert told.read_text() == "postfix postfix/main_mailer_type select No configuration\n"


def test_the_mail_server_is_not_installed_where_it_cannot_be_told_so(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    run(tmp_path, apt_get=f': > "{asked}"', debconf_set_selections="exit 1", chromium="")
    assert not asked.exists()


@pytest.mark.parametrize(
    "programs",
    [{"chromium": "", "postfix": ""}, {"apt_get": "exit 1", "id": "echo 1000"}, {}],
)
def test_nothing_is_installed_with_all_there_without_rights_or_without_apt(tmp_path: Path, programs) -> None:
    done = run(tmp_path, **programs)
    assert (done.returncode, done.stdout, done.stderr) == (0, "checked\n", "")
