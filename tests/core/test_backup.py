"""Backup, an empty server, restore: everything is there, old cursors are dead, nothing goes out twice."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core import backup, migrate
from app.core.secrets import new_key_setting
from app.core.settings import Settings
from app.embedded.servers import start_embedded
from tests.factories.commands import plenary
from tests.factories.jobs import put_row
from tests.factories.service import LivePlenary, make_settings

KEPT_KEYS = new_key_setting()
NEWS = {"title": "Rota agreed", "body_markdown": "Thank you.", "audience": {"roles": ["practice_manager"]}}


@asynccontextmanager
async def serving(urls: Mapping[str, str], home: Path) -> AsyncIterator[LivePlenary]:
    async with AsyncExitStack() as stack:
        settings = make_settings(dict(urls), home=home, redis_url=None)
        yield await LivePlenary.start(settings.model_copy(update={"secret_keys": KEPT_KEYS}), stack)


def urls_in(env_file: Path) -> dict[str, str]:
    known = migrate.read_env_file(env_file)
    return {login: known[variable] for login, variable in migrate.ENV_NAMES.items()}


@dataclass(frozen=True)
class Origin:
    """A database with its logins, and the file that was written of it: a test may drop it and load the file again."""

    admin_url: str
    name: str
    epoch: str
    file: Path

    async def drop(self) -> None:
        admin = await asyncpg.connect(self.admin_url)
        await admin.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        await admin.close()

    async def restore(self, file: Path, folder: Path) -> dict[str, str]:
        return await asyncio.to_thread(backup.restore, self.admin_url, file, folder / "env", name=self.name)


@pytest.fixture(scope="module")
async def origin(servers: tuple[str, str | None], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Origin]:
    name, folder = f"plenary_b{secrets.token_hex(4)}", tmp_path_factory.mktemp("origin")
    urls = await asyncio.to_thread(migrate.bootstrap, servers[0], folder / "env", name=name)
    worker = await asyncpg.connect(urls["worker"])
    for queue in ("notifications", "payments"):
        for state in ("queued", "running"):
            await put_row(worker, queue, state)
    epoch = await worker.fetchval("SELECT epoch FROM published.epoch")
    await worker.close()
    await asyncio.to_thread(backup.backup, Settings(backup_url=urls["backup"]), folder / "plenary.backup")
    yield (origin := Origin(servers[0], name, epoch, folder / "plenary.backup"))
    await origin.drop()
    admin = await asyncpg.connect(servers[0])
    for login in (*migrate.LOGINS, "lookup"):
        await admin.execute(f'DROP ROLE IF EXISTS "{name}_{login}"')
    await admin.close()


async def test_a_restored_database_is_whole_and_holds_what_would_go_out_twice(origin: Origin, tmp_path: Path) -> None:
    assert origin.file.stat().st_size > 10_000
    assert origin.file.stat().st_mode & 0o777 == 0o600
    await origin.drop()
    found = await origin.restore(origin.file, tmp_path)
    worker = await asyncpg.connect(found["worker"])
    rows = await worker.fetch("SELECT queue, state, count(*) AS n FROM job GROUP BY 1, 2 ORDER BY 1")
    assert [tuple(row) for row in rows] == [("notifications", "parked", 2), ("payments", "queued", 2)]
    assert await worker.fetchval("SELECT epoch FROM published.epoch") != origin.epoch
    await worker.close()


async def test_restore_never_writes_over_a_database(origin: Origin, template: dict[str, str], tmp_path: Path) -> None:
    there = make_url(template["owner"]).database
    with pytest.raises(backup.BackupFailed, match="exists already"):
        await asyncio.to_thread(backup.restore, origin.admin_url, origin.file, tmp_path / "env", name=there)


async def lived_in(home: Path, urls: dict[str, str]) -> tuple[str, str]:
    """A commissioner with a member, news that nobody has sent yet, a key and a cursor, the last two returned."""
    async with serving(urls, home) as live:
        tenant = await live.fresh_tenant()
        for code in ("ZZ8801", "ZZ8802"):
            await live.make_practice(code, tenant)
        key = await live.make_key("commissioner_admin", tenant=tenant)
        admin = live.client(key)
        assert (await admin.put("/v1/practices/ZZ8801/mailbox", json={"email": "desk@example.org"})).is_success
        await live.work()
        editor = await live.as_role("editor", tenant=tenant)
        assert (await editor.post("/v1/announcements", json=NEWS)).status_code == 202
        cursor = (await admin.get("/v1/practices?limit=1")).json()["next_cursor"]
        assert (await admin.get(f"/v1/practices?limit=1&cursor={cursor}")).status_code == 200
        return key, cursor


@pytest.mark.slow
async def test_a_backup_restored_into_an_empty_server_serves_as_before(tmp_path: Path) -> None:
    old, new, file = tmp_path / "old", tmp_path / "new", tmp_path / "plenary.backup"
    async with start_embedded(old, durable=False) as servers:
        urls = await asyncio.to_thread(migrate.bootstrap, servers.admin_database_url, old / "env")
        key, cursor = await lived_in(old, urls)
        await asyncio.to_thread(backup.backup, Settings(backup_url=urls["backup"]), file)
    done = await plenary("restore", file, home=new)
    assert done.exit_code == 0, done.stderr
    assert "bring the old installation's secret keys" in done.stdout
    checked = await plenary("selfcheck", home=new)
    assert (checked.exit_code, checked.stdout.count(" ok")) == (0, 8), checked.stdout
    # As the words of the restore say, and before anything runs.
    listed = await plenary("jobs", "list", home=new)
    assert (listed.exit_code, listed.stdout.splitlines()[-1]) == (0, "2 parked"), listed.stderr
    async with start_embedded(new, durable=False), serving(urls_in(new / "env"), new) as live:
        admin = live.client(key)
        assert (await admin.get("/v1/practices/ZZ8801")).status_code == 200
        assert (await admin.get(f"/v1/practices?limit=1&cursor={cursor}")).status_code == 410
        await live.work()
        assert list(new.glob("outbox/*.eml")) == []
        assert [job["state"] for job in (await admin.get("/v1/jobs")).json()["data"]] == ["parked"] * 2


async def test_a_wrong_file_is_refused_before_a_server_is_made(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a backup")
    for wrong in ("notes.txt", "absent", "."):
        done = await plenary("restore", tmp_path / wrong, home=tmp_path / "new")
        assert done.exit_code == 1
    assert not (tmp_path / "new").exists()


async def test_a_restore_that_fails_leaves_the_server_empty_for_the_next(origin: Origin, tmp_path: Path) -> None:
    half = tmp_path / "half"
    half.write_bytes(origin.file.read_bytes()[:-100])
    await origin.drop()
    with pytest.raises(backup.BackupFailed, match="pg_restore failed"):
        await origin.restore(half, tmp_path)
    await origin.restore(origin.file, tmp_path)
