"""Backup, an empty server, restore: everything is there, old cursors are dead, nothing goes out twice."""

import asyncio
import secrets
from pathlib import Path

import asyncpg
import pytest

from app.core import backup, migrate
from app.core.ids import PLATFORM_ID, new_id
from app.core.settings import Settings


@pytest.fixture
async def origin(servers: tuple[str, str | None], tmp_path: Path):
    name = f"plenary_b{secrets.token_hex(4)}"
    urls = await asyncio.to_thread(migrate.bootstrap, servers[0], tmp_path / "env", name=name)
    yield name, urls
    connection = await asyncpg.connect(servers[0])
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    for login in (*migrate.LOGINS, "lookup"):
        await connection.execute(f'DROP ROLE IF EXISTS "{name}_{login}"')
    await connection.close()


async def put_job(worker: asyncpg.Connection, queue: str, state: str) -> None:
    await worker.execute(
        "INSERT INTO job (commissioner_id, id, kind, queue, dedupe_key, payload, state, run_at, lease_until, created_at)"
        " VALUES ($1, $2, 'x', $3, $4, '{}', $5, now(), now() + interval '1 hour', now())",
        PLATFORM_ID, new_id(), queue, secrets.token_hex(4), state,
    )  # fmt: skip


async def test_a_restored_database_is_whole_and_holds_what_would_go_out_twice(
    origin: tuple[str, dict[str, str]], servers: tuple[str, str | None], tmp_path: Path
) -> None:
    name, urls = origin
    worker = await asyncpg.connect(urls["worker"])
    for queue in ("notifications", "payments"):
        for state in ("queued", "running"):
            await put_job(worker, queue, state)
    epoch = await worker.fetchval("SELECT epoch FROM published.epoch")
    await worker.close()
    settings = Settings(backup_url=urls["backup"])
    size = await asyncio.to_thread(backup.backup, settings, tmp_path / "plenary.backup")
    assert size > 10_000
    assert (tmp_path / "plenary.backup").stat().st_mode & 0o777 == 0o600

    admin = await asyncpg.connect(servers[0])
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()
    found = await asyncio.to_thread(
        backup.restore, servers[0], tmp_path / "plenary.backup", tmp_path / "env", name=name
    )
    worker = await asyncpg.connect(found["worker"])
    rows = await worker.fetch("SELECT queue, state, count(*) AS n FROM job GROUP BY 1, 2 ORDER BY 1")
    assert [tuple(row) for row in rows] == [("notifications", "parked", 2), ("payments", "queued", 2)]
    assert await worker.fetchval("SELECT epoch FROM published.epoch") != epoch
    await worker.close()


async def test_restore_never_writes_over_a_database(
    origin: tuple[str, dict[str, str]], servers: tuple[str, str | None], tmp_path: Path
) -> None:
    name, urls = origin
    await asyncio.to_thread(backup.backup, Settings(backup_url=urls["backup"]), tmp_path / "b")
    with pytest.raises(backup.BackupFailed, match="exists already"):
        await asyncio.to_thread(backup.restore, servers[0], tmp_path / "b", tmp_path / "env", name=name)
