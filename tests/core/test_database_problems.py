"""How errors of a real server arrive, since each passes through two libraries that wrap it in their own way."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.core.database_problems import DATABASE_ERRORS, database_problem
from app.core.errors import DomainError

ABSENT = (
    "postgresql+asyncpg://root@127.0.0.1:1/postgres",
    "postgresql+asyncpg://root@/postgres?host=/nonexistent&port=5432",
)


class RoomTaken(DomainError):
    code = "tests.room_taken"
    title = "The room is taken."
    constraints = ("uq_tests_room",)


@pytest.fixture
async def engine(template: dict[str, str]) -> AsyncIterator[AsyncEngine]:
    url = template["app"].replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.2)
    yield engine
    await engine.dispose()


async def problem_of(engine: AsyncEngine, *statements: str, **values: object) -> DomainError:
    with pytest.raises(DATABASE_ERRORS) as raised:
        await run(engine, *statements, **values)
    return database_problem(raised.value)


async def run(engine: AsyncEngine, *statements: str, **values: object) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement), values)


async def test_a_named_constraint_keeps_its_name_on_the_way_up(engine):
    for state in ("unique_violation", "exclusion_violation", "foreign_key_violation", "check_violation"):
        block = f"DO $$ BEGIN RAISE {state} USING CONSTRAINT = 'uq_tests_room'; END $$"
        assert isinstance(await problem_of(engine, block), RoomTaken)


async def test_a_statement_that_takes_too_long_is_a_503(engine):
    problem = await problem_of(engine, "SET LOCAL statement_timeout = 50", "SELECT pg_sleep(5)")
    assert problem.status == 503


async def test_a_connection_that_is_cut_is_a_503(engine):
    assert (await problem_of(engine, "SELECT pg_terminate_backend(pg_backend_pid())")).status == 503


async def test_a_pool_that_is_used_up_is_a_503(engine):
    async with engine.connect():
        assert (await problem_of(engine, "SELECT 1")).status == 503


@pytest.mark.parametrize("url", ABSENT)
async def test_a_server_that_is_not_there_is_a_503(url):
    assert (await problem_of(create_async_engine(url), "SELECT 1")).status == 503


async def test_a_closed_pool_is_a_503(template):
    pool = await asyncpg.create_pool(template["reader"], min_size=1, max_size=1)
    await pool.close()
    with pytest.raises(DATABASE_ERRORS) as raised:
        await pool.fetch("SELECT 1")
    assert database_problem(raised.value).status == 503


@pytest.mark.parametrize("value", ["a\0b", "a\ud800b"])
async def test_text_that_no_column_can_hold_is_a_422(engine, value):
    assert (await problem_of(engine, "SELECT CAST(:value AS text)", value=value)).status == 422


async def test_a_wrong_statement_is_a_500(engine):
    assert (await problem_of(engine, "SELECT no_such_column")).status == 500
