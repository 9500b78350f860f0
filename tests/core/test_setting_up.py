"""The operator's page, played word for word on an empty server; only address and folder are this test's."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app.core.migrate import head_revision
from app.embedded.servers import start_embedded
from tests.factories.commands import plenary

PROJECT = Path(__file__).parents[2]


def steps(page: str) -> str:
    match = re.search(r"## Setting up\n+```\n(.*?)```", page, re.DOTALL)
    assert match is not None
    return match[1]


async def bash(script: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    found = f"{Path(sys.executable).parent}:{kept['PATH']}"
    command = ["bash", "-euo", "pipefail", "-c", script]
    return await asyncio.to_thread(
        subprocess.run, command, env=kept | {"PATH": found}, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
async def test_the_documented_steps_set_up_an_installation(tmp_path: Path) -> None:
    script = steps((PROJECT / "docs" / "operating.md").read_text())
    home = tmp_path / "var"
    async with start_embedded(tmp_path / "server", durable=False) as server:
        script = script.replace("/var/lib/plenary", str(home))
        script = script.replace("postgresql://admin@db/postgres", f"'{server.admin_database_url}'")
        done = await bash(script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"are at {head_revision()}; the logins' URLs are in {home}/env" in done.stdout
    assert (home / "env").stat().st_mode & 0o777 == 0o600
    assert "\nply_live_" in done.stdout
    assert done.stdout.count(" ok") == 8


async def test_a_wrong_password_is_said_in_words(servers: tuple[str, str | None], tmp_path: Path) -> None:
    wrong = make_url(servers[0]).set(password="guess").render_as_string(hide_password=False)
    done = await plenary("migrate", "--bootstrap", "-", home=tmp_path, admin_database_url=wrong)
    assert done.exit_code == 1
    assert "The database server refused: password authentication failed" in done.stderr
    assert not (tmp_path / "env").exists()
