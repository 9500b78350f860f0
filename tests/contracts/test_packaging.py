import re
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
