import asyncio

import asyncpg
import pytest

from app.cli.words import awake_database, own_database
from app.core.secrets import SecretBox
from app.core.settings import Settings
from app.embedded.errors import CannotStart
from app.embedded.first_start import ensure_secret_keys, load_wanted_demo, want_demo
from app.embedded.home import Home


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


def test_secret_keys_are_made_once_and_for_their_owner_alone(home):
    assert ensure_secret_keys(home) is None
    first = home.secret_keys.read_text()
    ensure_secret_keys(home)
    assert home.secret_keys.read_text() == first
    assert home.secret_keys.stat().st_mode & 0o777 == 0o600
    sealed = SecretBox.from_setting(first.strip()).seal(b"words", context="test")
    assert SecretBox.from_setting(first.strip()).open(sealed, context="test") == b"words"


def test_keys_made_anew_beside_a_database_that_knew_others_are_worth_a_warning(home):
    home.env_file.write_text("")
    warning = ensure_secret_keys(home)
    assert warning is not None
    assert warning.startswith(f"warning: {home.secret_keys} was not there and was made anew.")
    assert ensure_secret_keys(home) is None


async def test_a_database_that_was_there_before_gets_no_demo(home, launcher):
    home.env_file.write_text("")
    want_demo(home)
    await load_wanted_demo(home, launcher, {})
    assert not home.demo_wanted.exists()


async def test_a_demo_whose_loading_failed_is_wanted_by_the_next_start_too(home, launcher):
    want_demo(home)
    home.env_file.write_text("")
    with pytest.raises(CannotStart, match="`plenary demo` ended with code"):
        await load_wanted_demo(home, launcher, {"PLENARY_HOME": str(home.path), "PATH": ""})
    assert home.demo_wanted.exists()


def test_a_command_wakes_the_server_of_a_home_that_sleeps(home):
    settings = Settings(home=home.path, admin_database_url=None)
    with awake_database(settings):
        assert not home.is_running()
    with own_database(settings) as url:
        assert asyncio.run(answer(url)) == 42
        with awake_database(settings):  # which cannot start a second one
            assert asyncio.run(answer(url)) == 42
    with awake_database(settings):
        assert home.is_running()
        assert asyncio.run(answer(url)) == 42
    assert not home.is_running()


async def answer(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT 41 + 1")
    finally:
        await connection.close()


@pytest.mark.parametrize("path", ["file", "file/home"])
def test_a_home_that_cannot_be_a_folder_is_refused_in_words(tmp_path, path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot be made a folder: "):
        Home(tmp_path / path).create()
