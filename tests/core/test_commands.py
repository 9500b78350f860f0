"""What a person mistypes is said in words, and nothing is left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import VERSION

PROJECT = Path(__file__).parents[2]


def plenary(home: Path, *arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    environment = kept | {"PLENARY_HOME": str(home)} | {f"PLENARY_{name.upper()}": v for name, v in settings.items()}
    command = [sys.executable, "-m", "app.cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("jobs", "redrive", "nope"), "should be a valid UUID", 2),
        (("jobs", "list", "--state", "bad"), "'queued', 'running', 'done', 'parked'", 2),
        (("openapi", "--output", "/nope/o.json"), "/nope/o.json: No such file or directory", 1),
        (("backup", "."), "is a folder; name the file to write", 1),
        (("backup", "nope/b"), "There is no folder", 1),
        (("migrate",), "PLENARY_OWNER_URL has to be set.", 1),
        (("api",), "PLENARY_DATABASE_URL has to be set.", 1),
        (("worker",), "PLENARY_WORKER_URL has to be set.", 1),
    ],
)
def test_what_cannot_be_done_is_said_in_words(tmp_path: Path, arguments, words, code) -> None:
    arguments = [tmp_path / argument if argument in (".", "nope/b") else argument for argument in arguments]
    done = plenary(tmp_path, *arguments)
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "lock"] == []


def test_secret_keys_of_a_wrong_form_are_refused_before_anything_starts(tmp_path: Path) -> None:
    done = plenary(tmp_path / "home", "up", secret_keys="abc")
    assert done.returncode == 2
    assert done.stderr == "PLENARY_SECRET_KEYS: a secret key is written id:base64; `plenary keys secret` prints one\n"
    assert not (tmp_path / "home").exists()


def test_a_file_of_secret_keys_that_holds_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret-keys").write_text("abc")
    (tmp_path / "secret-keys").chmod(0o600)
    urls = {f"{login}_url": "postgresql://a@h/d" for login in ("database", "platform", "reader")}
    done = plenary(tmp_path, "api", **urls)
    assert (done.returncode, f"{tmp_path}/secret-keys: a secret key is written" in done.stderr) == (1, True)


def test_a_mistyped_setting_is_reported(tmp_path: Path) -> None:
    done = plenary(tmp_path, "migrate", prot="8001")
    assert done.stderr.startswith("Warning: PLENARY_PROT is no setting; docs/settings.md has the list.\n")


def test_the_release_is_printed(tmp_path: Path) -> None:
    done = plenary(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"plenary {VERSION}\n")
