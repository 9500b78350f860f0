import os
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import make_url

from app.cli.serving import proxy_options
from app.core.secrets import SecretBox, new_key_setting
from app.core.settings import Settings, SettingsInvalid, load_settings, settings_table, unknown_names
from tests.factories.serving import on_a_port

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    for name in os.environ:
        if name.startswith("PLENARY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PLENARY_HOME", str(tmp_path))


def test_without_any_variable_there_are_defaults(tmp_path):
    settings = load_settings()
    assert (settings.host, settings.port, settings.environment) == ("127.0.0.1", 8000, "development")
    assert (settings.rate_limit, settings.rate_limit_address, settings.body_limit) == (100, 50, 2**20)
    assert settings.outbox_path == tmp_path / "outbox"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.demo


def test_the_home_file_is_read_and_the_environment_has_the_last_word(monkeypatch, tmp_path):
    (tmp_path / "env").write_text("PLENARY_PORT=9000\nPLENARY_REDIS_URL=redis://file/0\nPLENARY_LATER_SETTING=1\n")
    monkeypatch.setenv("PLENARY_PORT", "9001")
    settings = load_settings()
    assert (settings.port, settings.redis_url) == (9001, "redis://file/0")


def test_an_empty_variable_is_as_good_as_none(monkeypatch):
    monkeypatch.setenv("PLENARY_SMTP_URL", "")
    assert load_settings().smtp_url is None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_each_way_of_writing_a_database_url_suits_both_libraries(monkeypatch, scheme):
    monkeypatch.setenv("PLENARY_WORKER_URL", f"{scheme}://worker:p%40ss@db:6432/plenary")
    settings = load_settings()
    assert settings.asyncpg_url("worker") == "postgresql://worker:p%40ss@db:6432/plenary"
    url = make_url(settings.sqlalchemy_url("worker"))
    assert (url.drivername, url.password, url.port) == ("postgresql+asyncpg", "p@ss", 6432)


def test_members_of_the_query_reach_the_driver_under_names_it_knows(monkeypatch):
    monkeypatch.setenv("PLENARY_DATABASE_URL", "postgresql://app:x@/plenary?host=/run/pg&port=5433&sslmode=require")
    _, arguments = PGDialect_asyncpg().create_connect_args(make_url(load_settings().sqlalchemy_url("app")))
    assert (arguments["host"], arguments["port"], arguments["ssl"]) == ("/run/pg", 5433, "require")
    known = asyncpg.connect.__kwdefaults__.keys()
    assert set(arguments) <= {*known, "prepared_statement_cache_size"}


@pytest.mark.parametrize(
    ("login", "name"),
    [("app", "PLENARY_DATABASE_URL"), ("owner", "PLENARY_OWNER_URL"), ("admin", "PLENARY_ADMIN_DATABASE_URL")],
)
def test_a_missing_login_is_asked_for_by_its_variable(login, name):
    with pytest.raises(SettingsInvalid, match=name):
        load_settings().asyncpg_url(login)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLENARY_PORT", "swordfish"),
        ("PLENARY_DATABASE_URL", "mysql://app:swordfish@db/x"),
        ("PLENARY_DATABASE_URL", "postgresql://app:x@db:swordfish/x"),
        ("PLENARY_REDIS_URL", "http://:swordfish@x"),
        ("PLENARY_SMTP_URL", "smtp://"),
        ("PLENARY_SMTP_URL", "mail://swordfish"),
        ("PLENARY_ENVIRONMENT", "swordfish"),
        ("PLENARY_TRUSTED_PROXIES", "swordfish"),
        ("PLENARY_OIDC_ISSUERS", "swordfish"),
        ("PLENARY_OIDC_ISSUERS", '[{"issuer": "https://x", "swordfish": 1}]'),
        ("PLENARY_RATE_LIMIT", "0"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_not_shown(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=name) as refusal:
        load_settings()
    assert "swordfish" not in str(refusal.value)


def test_every_wrong_value_is_named_at_once(monkeypatch):
    monkeypatch.setenv("PLENARY_PORT", "x")
    monkeypatch.setenv("PLENARY_POOL_SIZE", "0")
    with pytest.raises(SettingsInvalid, match=r"PLENARY_PORT[\s\S]*PLENARY_POOL_SIZE"):
        load_settings()


def test_production_without_secret_keys_is_refused(monkeypatch):
    monkeypatch.setenv("PLENARY_ENVIRONMENT", "production")
    with pytest.raises(SettingsInvalid, match="PLENARY_SECRET_KEYS"):
        load_settings()


def test_production_has_no_demo_unless_told(monkeypatch):
    monkeypatch.setenv("PLENARY_ENVIRONMENT", "production")
    monkeypatch.setenv("PLENARY_SECRET_KEYS", new_key_setting())
    assert not load_settings().demo
    monkeypatch.setenv("PLENARY_DEMO", "1")
    assert load_settings().demo


def test_secret_keys_come_from_the_variable_or_a_private_file(monkeypatch, tmp_path):
    key = new_key_setting()
    file = tmp_path / "secret-keys"
    file.write_text(f"{key}\n")
    file.chmod(0o600)
    assert load_settings().secret_keys_value() == key
    assert "SecretBox" in repr(SecretBox.from_setting(load_settings().secret_keys_value()))
    other = new_key_setting()
    monkeypatch.setenv("PLENARY_SECRET_KEYS", other)
    assert load_settings().secret_keys_value() == other


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    (tmp_path / "secret-keys").write_text(new_key_setting())
    (tmp_path / "secret-keys").chmod(0o644)
    with pytest.raises(SettingsInvalid, match="0600"):
        load_settings().secret_keys_value()


def test_no_key_anywhere_is_said_so():
    with pytest.raises(SettingsInvalid, match="PLENARY_SECRET_KEYS"):
        load_settings().secret_keys_value()


def test_issuers_are_a_json_list(monkeypatch):
    monkeypatch.setenv(
        "PLENARY_OIDC_ISSUERS", '[{"issuer": "https://id.example", "audience": "plenary", "algorithms": ["ES256"]}]'
    )
    (issuer,) = load_settings().oidc_issuers
    assert (issuer.issuer, issuer.audience, issuer.commissioner, issuer.algorithms) == (
        "https://id.example",
        "plenary",
        None,
        ("ES256",),
    )


def test_settings_do_not_show_what_is_secret(monkeypatch):
    secret = [name for name, field in Settings.model_fields.items() if not field.repr]
    assert {"secret_keys", "smtp_url", "redis_url", "database_url"} <= set(secret)
    monkeypatch.setenv("PLENARY_SMTP_URL", "smtp://user:swordfish@host:25")
    assert "swordfish" not in repr(load_settings())


def test_every_setting_has_a_meaning_and_the_page_is_up_to_date():
    assert all(field.description for field in Settings.model_fields.values())
    assert settings_table() in PAGE.read_text(), (
        "docs/settings.md is out of date: put the output of settings_table() in it"
    )


def test_the_page_lists_the_choices_of_a_setting():
    assert "One of `DEBUG`, `INFO`, `WARNING`, `ERROR`. |" in settings_table()


def test_names_that_are_no_setting_are_found(monkeypatch):
    monkeypatch.setenv("PLENARY_PROT", "8001")
    monkeypatch.setenv("PLENARY_PORT", "8001")
    assert "PLENARY_PROT" in unknown_names()
    assert "PLENARY_PORT" not in unknown_names()


@pytest.mark.parametrize(
    ("proxies", "seen"), [("127.0.0.1", "203.0.113.7"), ("", "127.0.0.1"), ("192.0.2.1", "127.0.0.1")]
)
async def test_only_a_named_proxy_says_who_is_calling(proxies, seen):
    async def who(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})

    async with on_a_port(who, **proxy_options(Settings(trusted_proxies=proxies))) as address:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(address, headers={"X-Forwarded-For": "203.0.113.7"})
    assert answer.text == seen


def test_a_home_that_is_not_there_is_named_with_what_makes_one(monkeypatch, tmp_path):
    monkeypatch.setenv("PLENARY_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsInvalid) as refused:
        load_settings().asyncpg_url("app")
    assert str(refused.value) == (
        f"There is no home at {tmp_path}/nowhere; start `plenary up`, or set PLENARY_HOME. "
        "(PLENARY_DATABASE_URL is not set either.)"
    )
