"""What a person mistypes is said in words, and nothing is left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import VERSION
from tests.factories.commands import plenary

PROJECT = Path(__file__).parents[2]


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
async def test_what_cannot_be_done_is_said_in_words(tmp_path: Path, arguments, words, code) -> None:
    arguments = [tmp_path / argument if argument in (".", "nope/b") else argument for argument in arguments]
    done = await plenary(*arguments, home=tmp_path)
    assert done.exit_code == code, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir() if path.name != "lock"] == []


async def test_a_backup_is_not_written_over_another_unless_that_is_said(tmp_path: Path) -> None:
    kept = tmp_path / "b"
    kept.write_text("the only copy")
    done = await plenary("backup", kept, home=tmp_path)
    assert (done.exit_code, done.stderr) == (1, f"{kept} is there already; name another file, or say --overwrite.\n")
    assert kept.read_text() == "the only copy"
    assert "PLENARY_BACKUP_URL has to be set" in (await plenary("backup", kept, "--overwrite", home=tmp_path)).stderr


async def test_secret_keys_of_a_wrong_form_are_refused_before_anything_starts(tmp_path: Path) -> None:
    done = await plenary("up", home=tmp_path / "home", secret_keys="abc")
    assert done.exit_code == 2
    assert done.stderr == "PLENARY_SECRET_KEYS: a secret key is written id:base64; `plenary keys secret` prints one\n"
    assert not (tmp_path / "home").exists()


async def test_a_file_of_secret_keys_that_holds_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret-keys").write_text("abc")
    (tmp_path / "secret-keys").chmod(0o600)
    urls = {f"{login}_url": "postgresql://a@h/d" for login in ("database", "platform", "reader")}
    done = await plenary("api", home=tmp_path, **urls)
    assert (done.exit_code, f"{tmp_path}/secret-keys: a secret key is written" in done.stderr) == (1, True)


async def test_a_mistyped_setting_is_reported(tmp_path: Path) -> None:
    done = await plenary("migrate", home=tmp_path, prot="8001")
    assert done.stderr.startswith("Warning: PLENARY_PROT is no setting; docs/settings.md has the list.\n")


def start(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a process, for what only a process shows: what it prints at its end, and with which code it ends."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=PROJECT, env=kept | {"PLENARY_HOME": str(home)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_release_is_printed(tmp_path: Path) -> None:
    done = start(tmp_path, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"plenary {VERSION}\n", "")


def test_a_process_that_cannot_work_ends_in_words_alone(tmp_path: Path) -> None:
    done = start(tmp_path, "migrate")
    words = f"PLENARY_OWNER_URL has to be set. The environment does not name it, and no file `env` in {tmp_path} does."
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{words}\n")
