"""The operator's pages, played word for word on an empty server; only address and folder are this test's."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest
from sqlalchemy.engine import make_url

from app.core.clock import SystemClock
from app.core.migrate import head_revision
from app.demo import files, world
from app.embedded.servers import start_embedded
from tests.factories.commands import plenary, settings_of
from tests.factories.service import LivePlenary
from tests.factories.serving import served

PROJECT = Path(__file__).parents[2]


def steps(page: str) -> str:
    match = re.search(r"## Setting up\n+```\n(.*?)```", page, re.DOTALL)
    assert match is not None
    return match[1]


async def bash(
    script: str, *, folder: Path = PROJECT, settings: Mapping[str, object] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    found = {"PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "PYTHONPATH": str(PROJECT)}
    named = {f"PLENARY_{name.upper()}": str(value) for name, value in settings.items()}
    command = ["bash", "-euo", "pipefail", "-c", script]
    return await asyncio.to_thread(
        subprocess.run, command, cwd=folder, env=kept | found | named, capture_output=True, text=True, check=False
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


@pytest.mark.slow
async def test_the_first_scheme_is_paid_call_by_call_as_its_page_says(live: LivePlenary, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "first-scheme.md").read_text()
    script = "\n".join(re.findall(r"```bash\n(.*?)```", page, re.DOTALL)).replace(
        "curl -sS", "curl -sS --fail-with-body"
    )
    practices = world.practices()[:3]
    (tmp_path / "epraccur.csv").write_bytes(files.register(practices, date(2013, 4, 1)))
    (tmp_path / "gp-reg-pat-prac-all.csv").write_bytes(files.list_sizes(practices, date(2025, 4, 1)))
    # The page names a day to respond by, which is counted from today.
    live.clock.instant = SystemClock().now()
    address = await served(live)
    working = asyncio.create_task(keep_working(live))
    done = await bash(
        script.replace("http://127.0.0.1:8000", address), folder=tmp_path, settings=settings_of(live.settings)
    )
    working.cancel()
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"exceeds_budget":false' in done.stdout
    assert "\ncontrol,,,,,300.00," in done.stdout


async def keep_working(live: LivePlenary) -> None:
    while True:
        await live.work()
        await asyncio.sleep(0.1)


async def test_a_login_that_the_server_refuses_is_said_in_words(
    servers: tuple[str, str | None], tmp_path: Path
) -> None:
    # A server given by URL may trust whoever comes; one that it does not know is refused by every server.
    stranger = make_url(servers[0]).set(username="nobody_here", password="guess")
    wrong = stranger.render_as_string(hide_password=False)
    done = await plenary("migrate", "--bootstrap", "-", home=tmp_path, admin_database_url=wrong)
    assert done.exit_code == 1
    assert "The database server refused: " in done.stderr
    assert not (tmp_path / "env").exists()
