"""How errors of a real server arrive, since each passes through two libraries that wrap it in their own way."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.core.database_problems import DATABASE_ERRORS, database_problem, is_lost_race, is_passing
from app.core.errors import Conflict, DomainError, Unavailable

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


async def failing(engine: AsyncEngine, statement: str) -> Exception:
    with pytest.raises(DATABASE_ERRORS) as raised:
        await run(engine, statement)
    return raised.value


@pytest.mark.parametrize(
    "state", ["40001", "40P01", "55P03", "57014", "53300", "08006", "57P01", "57P03", "25P03", "25P04"]
)
async def test_faults_of_the_moment_pass(engine, state):
    error = await failing(engine, f"DO $$ BEGIN RAISE 'x' USING ERRCODE = '{state}'; END $$")
    assert is_passing(error)
    assert is_lost_race(error) == (state in ("40001", "40P01"))


@pytest.mark.parametrize("state", ["23505", "42601", "42501", "22P05", "P0001"])
async def test_what_would_fail_again_does_not_pass(engine, state):
    error = await failing(engine, f"DO $$ BEGIN RAISE 'x' USING ERRCODE = '{state}'; END $$")
    assert not is_passing(error)
    assert not is_lost_race(error)


async def test_the_drivers_own_errors_pass_unwrapped_too(template):
    connection = await asyncpg.connect(template["app"])
    with pytest.raises(asyncpg.PostgresError) as raised:
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_passing(raised.value)
    with pytest.raises(asyncpg.InterfaceError) as closed:
        await connection.execute("SELECT 1")
    assert is_passing(closed.value)
    assert is_passing(asyncpg.InternalClientError("got result for unknown protocol state 3"))


@pytest.mark.parametrize(
    ("error", "passes"),
    [(Unavailable(), True), (ConnectionResetError(), True), (TimeoutError(), True), (Conflict(), False)],
)
def test_errors_that_never_saw_a_server_are_told_apart(error, passes):
    assert is_passing(error) == passes
