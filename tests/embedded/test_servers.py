import asyncio
import os
import shutil
import socket
import time
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio
from sqlalchemy.engine import make_url

from app.embedded.account import Account
from app.embedded.errors import CannotStart
from app.embedded.home import Home, own_folder
from app.embedded.servers import EmbeddedServers, start_embedded, temporary_servers
from tests.embedded.process_facts import has_ended

LONG_QUERY = "SELECT count(*) FROM generate_series(1, 100000000000)"


@pytest.fixture(scope="module")
async def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose servers ran once and were stopped; tests work on copies."""
    home = tmp_path_factory.mktemp("made") / "home"
    async with start_embedded(home, durable=False) as servers:
        connection = await asyncpg.connect(servers.admin_database_url)
        await connection.execute("CREATE TABLE kept (words text)")
        await connection.execute("INSERT INTO kept VALUES ('from the first start')")
        await connection.close()
    return home


@pytest.fixture
def home(made_home: Path, tmp_path: Path) -> Path:
    """As root the copy belongs to root and has to be handed back to the servers' account."""
    copy = tmp_path / "home"
    shutil.copytree(made_home, copy)
    keeper = (made_home / "servers").stat()
    for path in ((copy / "servers"), *(copy / "servers").rglob("*")):
        os.chown(path, keeper.st_uid, keeper.st_gid)
    return copy


async def kept(servers: EmbeddedServers) -> str:
    connection = await asyncpg.connect(servers.admin_database_url)
    try:
        return await connection.fetchval("SELECT words FROM kept")
    finally:
        await connection.close()


async def test_both_servers_answer_and_the_data_outlives_a_stop(home):
    async with start_embedded(home, durable=False) as servers:
        connection = await asyncpg.connect(servers.admin_database_url)
        version = await connection.fetchval("SELECT current_setting('server_version_num')::int / 10000")
        lowered = await connection.fetchval("SELECT lower('ÉCOLE')")
        await connection.close()
        async with redis.asyncio.from_url(servers.redis_url) as valkey:
            answered = await valkey.ping()
        words = await kept(servers)
    assert (version, lowered, answered, words) == (18, "école", True, "from the first start")
    assert all(has_ended(process.pid) for process in servers.processes)


async def test_every_login_needs_its_password_and_no_port_is_open(home):
    async with start_embedded(home, durable=False) as servers:
        url = make_url(servers.admin_database_url)
        for password in ("wrong", None):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(
                    user="postgres", password=password, database="postgres", host=url.query["host"], passfile=home / "-"
                )
        listening = [
            connection
            for process in servers.processes
            for connection in psutil.Process(process.pid).net_connections(kind="inet")
        ]
    assert listening == []
    assert (home / "postgres-password").stat().st_mode & 0o777 == 0o600


async def test_a_postmaster_killed_during_a_long_query_does_not_hold_up_the_next_start(home):
    async with start_embedded(home, durable=False) as servers:
        connection = await asyncpg.connect(servers.admin_database_url)
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        query = asyncio.create_task(connection.execute(LONG_QUERY))
        await asyncio.sleep(0.2)
        psutil.Process(servers.processes[0].pid).kill()
        await asyncio.sleep(0.2)
        assert not has_ended(backend), "the backend has to be busy for this test to mean anything"
    began = time.monotonic()
    async with start_embedded(home, durable=False) as servers:
        took = time.monotonic() - began
        words = await kept(servers)
    with pytest.raises(asyncpg.PostgresConnectionError):
        await query
    assert took < 8
    assert words == "from the first start"
    assert has_ended(backend)


async def test_a_lock_file_that_names_a_living_stranger_is_stale(home):
    """The number of a killed postmaster may have been given to another process of the same account."""
    account = (home / "servers").stat()
    stranger = await asyncio.create_subprocess_exec("sleep", "60", user=account.st_uid)
    data, sockets = home / "servers" / "postgres", home / "servers" / "run"
    sockets.mkdir()
    for path in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        path.write_text(f"{stranger.pid}\n{data}\n1700000000\n5432\n{sockets}\n\n\nready\n")
        os.chown(path, account.st_uid, account.st_gid)
    async with start_embedded(home, durable=False) as servers:
        words = await kept(servers)
    assert words == "from the first start"
    assert stranger.returncode is None
    stranger.kill()
    await stranger.wait()


async def test_a_data_directory_of_another_major_version_is_refused_and_left_alone(home):
    version = home / "servers" / "postgres" / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(CannotStart, match=r"PostgreSQL 16.*plenary backup.*plenary restore"):
        async with start_embedded(home, durable=False):
            pytest.fail("started")
    assert version.read_text() == "16\n"


async def test_a_data_directory_without_its_password_is_refused(home):
    (home / "postgres-password").unlink()
    with pytest.raises(CannotStart, match=r"postgres-password is missing"):
        async with start_embedded(home, durable=False):
            pytest.fail("started")


async def test_two_homes_run_side_by_side_and_one_home_runs_once(home, made_home):
    async with start_embedded(home, durable=False) as first, start_embedded(made_home, durable=False) as second:
        assert (await kept(first), await kept(second)) == ("from the first start", "from the first start")
        assert first.redis_url != second.redis_url
        with pytest.raises(CannotStart, match=rf"already running in .* \(process {os.getpid()}\)"):
            async with start_embedded(home, durable=False):
                pytest.fail("started")


async def test_a_home_whose_name_no_socket_can_carry_has_its_sockets_elsewhere(tmp_path, home):
    awkward = home.rename(tmp_path / "50%, and a? #name")
    async with start_embedded(awkward, durable=False) as servers:
        async with redis.asyncio.from_url(servers.redis_url) as valkey:
            answered = await valkey.ping()
        words = await kept(servers)
        sockets = Path(make_url(servers.admin_database_url).query["host"])
        assert sockets.parent == Path("/tmp").resolve()
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert (answered, words) == (True, "from the first start")
    assert not sockets.exists()


def test_a_folder_planted_where_the_sockets_would_be_is_refused(tmp_path):
    """Everybody may make names in a shared temporary folder."""
    planted = Home(tmp_path / ("too-long-for-a-socket-" * 5)).socket_folder()
    planted.symlink_to(tmp_path)
    try:
        with pytest.raises(CannotStart, match="is not a folder of"):
            own_folder(planted, Account("nobody", os.geteuid(), os.getegid()))
    finally:
        planted.unlink()


async def test_a_start_killed_while_it_made_the_data_directory_is_made_good(tmp_path):
    home = tmp_path / "home"
    unfinished = home / "servers" / "postgres.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    async with start_embedded(home, durable=False) as servers:
        connection = await asyncpg.connect(servers.admin_database_url)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    assert not unfinished.exists()


async def test_root_gives_the_servers_to_nobody_even_below_a_closed_folder(made_home, nobody):
    """Pytest's own folders are closed to everybody else, as /root is."""
    assert made_home.parent.parent.stat().st_mode & 0o077 == 0
    async with start_embedded(made_home, durable=False) as servers:
        owners = {psutil.Process(process.pid).uids().effective for process in servers.processes}
        words = await kept(servers)
    assert owners == {nobody.pw_uid}
    assert words == "from the first start"


def test_temporary_servers_leave_nothing_behind():
    with temporary_servers() as servers:
        folder = Path(make_url(servers.admin_database_url).query["host"])
        with socket.socket(socket.AF_UNIX) as valkey:
            valkey.connect(servers.redis_url.removeprefix("unix://"))
    assert all(has_ended(process.pid) for process in servers.processes)
    assert not folder.parents[2].exists()
