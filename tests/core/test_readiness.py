"""Ready or not, before and after a migration: the running release serves on while the next one is put in place."""

from collections.abc import AsyncIterator

import pytest

from app.core.migrate import head_revision, place_of
from tests.factories.service import LivePlenary

MINE = place_of(head_revision())


@pytest.fixture
async def migrated(shared: LivePlenary) -> AsyncIterator[LivePlenary]:
    """What a test says has been migrated is put right after it."""
    yield shared
    await shared.execute("DELETE FROM alembic_version")
    await shared.execute("INSERT INTO alembic_version VALUES ($1)", head_revision())


async def test_a_release_is_ready_on_its_own_migrations(migrated: LivePlenary) -> None:
    assert (await migrated.client(None).get("/readyz")).status_code == 200


@pytest.mark.parametrize("found", [f"{MINE + 1:04}_of_the_next_release", f"{MINE + 100:04}_of_one_after", "10000_x"])
async def test_a_running_release_stays_ready_when_a_newer_one_has_migrated(migrated: LivePlenary, found: str) -> None:
    await migrated.execute("UPDATE alembic_version SET version_num = $1", found)
    assert (await migrated.client(None).get("/readyz")).status_code == 200


@pytest.mark.parametrize("found", [f"{MINE - 1:04}_of_the_last_release", "0001_core", "not_one_of_ours"])
async def test_a_release_whose_migrations_have_not_run_is_not_ready(migrated: LivePlenary, found: str) -> None:
    await migrated.execute("UPDATE alembic_version SET version_num = $1", found)
    answer = await migrated.client(None).get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "service.unavailable")
    assert "plenary migrate" in answer.json()["detail"]


async def test_a_database_without_any_migration_is_not_ready(migrated: LivePlenary) -> None:
    await migrated.execute("DELETE FROM alembic_version")
    assert (await migrated.client(None).get("/readyz")).status_code == 503
