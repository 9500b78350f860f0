"""Migrations' vocabulary, bootstrap of a database with its logins, and running Alembic."""

import asyncio
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic import command, op

LOGINS = ("owner", "app", "worker", "platform", "reader", "backup")
TIMEOUTS = {"app": "5s", "platform": "60s", "reader": "2s", "worker": "60s", "owner": "15min", "backup": "0"}
_TENANT = "nullif(current_setting('app.commissioner', true), '')::uuid"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def role(name: str) -> str:
    """The full name of one of our logins: the owner's prefix, so that two databases in one server do not share logins."""
    owner = op.get_bind().exec_driver_sql("SELECT current_user").scalar_one()
    return f'"{owner.removesuffix("_owner")}_{name}"'


def grant(table: str, **rights: str) -> None:
    """`grant("practice", app="SELECT", worker="SELECT, INSERT")`"""
    for login, privileges in rights.items():
        op.execute(f"GRANT {privileges} ON {table} TO {role(login)}")


def tenant_policy(table: str) -> None:
    """Enable and force row-level security with the one policy every tenant table has."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON {table} USING (commissioner_id = {_TENANT}) WITH CHECK (commissioner_id = {_TENANT})"
    )


def open_policy(table: str, login: str, *, command_: str = "ALL") -> None:
    """An exception to tenancy for one login. Each must stand in the list in app/core/selfcheck.py, or selfcheck fails."""
    check = " WITH CHECK (true)" if command_ in ("ALL", "INSERT") else ""
    using = "" if command_ == "INSERT" else " USING (true)"
    op.execute(f"CREATE POLICY {login} ON {table} FOR {command_} TO {role(login)}{using}{check}")


def tenant_table(name: str, columns: Iterable[str], **rights: str) -> None:
    """Create a tenant table: `commissioner_id` first, key (commissioner_id, id), row-level security forced, rights granted.

    `columns` are column and constraint clauses; `id uuid` is added unless a clause names a PRIMARY KEY of its own.
    """
    clauses = list(columns)
    lines = ["commissioner_id uuid NOT NULL"]
    if not any("PRIMARY KEY" in clause for clause in clauses):
        lines.append("id uuid NOT NULL")
        clauses.append(f"CONSTRAINT pk_{name.rpartition('.')[2]} PRIMARY KEY (commissioner_id, id)")
    op.execute(f"CREATE TABLE {name} ({', '.join(lines + clauses)})")
    tenant_policy(name)
    grant(name, **(rights or {"app": "SELECT, INSERT, UPDATE, DELETE", "worker": "SELECT, INSERT, UPDATE, DELETE"}))


def without_force(statement: str, *tables: str) -> None:
    """Run one statement over every tenant's rows of these tables. Forced row-level security binds the owner too: without
    this a statement changes nothing, and a foreign key is held to be valid whatever is there. A foreign key needs both
    of its tables.
    """
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def alembic_config(owner_url: str) -> Config:
    root = Path(__file__).resolve().parents[2]
    config = Config(toml_file=str(root / "pyproject.toml"))
    config.set_main_option("script_location", str(root / "alembic"))
    config.attributes["url"] = owner_url
    return config


def head_revision() -> str:
    """The newest migration of this release."""
    head = ScriptDirectory(str(Path(__file__).resolve().parents[2] / "alembic")).get_current_head()
    assert head is not None
    return head


def place_of(revision: str | None) -> int:
    """Where a migration stands in the one line of them, by the number its name begins with; 0 where there is none.

    A release does not know the names that come after it, but it can count.
    """
    found = re.match(r"(\d+)_", revision or "")
    return int(found[1]) if found else 0


def upgrade(owner_url: str, revision: str = "head") -> None:
    command.upgrade(alembic_config(owner_url), revision)


def downgrade(owner_url: str, revision: str) -> None:
    command.downgrade(alembic_config(owner_url), revision)


def with_login(url: str, *, user: str, password: str, database: str) -> str:
    """The same server, as another login to another database. Keeps socket directories and options in the query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    address = f"{quote(user)}:{quote(password)}@{host}" + (f":{parts.port}" if parts.port else "")
    return urlunsplit(("postgresql", address, f"/{database}", parts.query, ""))


async def create_database(
    admin_url: str, *, name: str = "plenary", known: dict[str, str] | None = None
) -> dict[str, str]:
    """Make the database and its logins where they are missing; returns each login's URL.

    `known` are URLs from an earlier bootstrap; their passwords are kept. A login that exists without a known URL gets a
    new password, because the old one cannot be read back.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a database name is lower-case letters, digits and underscores")
    urls = dict(known or {})
    connection = await asyncpg.connect(admin_url.replace("+asyncpg", ""), timeout=10)
    try:
        for login in LOGINS:
            user = f"{name}_{login}"
            password = (urlsplit(urls[login]).password if login in urls else None) or secrets.token_urlsafe(24)
            await _make_login(connection, user, password, TIMEOUTS[login], bypass=login == "backup")
            urls[login] = with_login(admin_url, user=user, password=password, database=name)
        await _make_lookup(connection, name)
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}_owner" TEMPLATE template0 ENCODING UTF8')
        await connection.execute(f'REVOKE CONNECT, TEMPORARY ON DATABASE "{name}" FROM PUBLIC')
        for login in LOGINS:
            await connection.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{name}" TO "{name}_{login}"')
    finally:
        await connection.close()
    await _give_schema(admin_url, name)
    return urls


async def _give_schema(admin_url: str, name: str) -> None:
    """The schema belongs to whoever owns the database by membership, which an owner without inheritance does not use."""
    connection = await asyncpg.connect(admin_url.replace("+asyncpg", ""), database=name, timeout=10)
    try:
        await connection.execute(f'ALTER SCHEMA public OWNER TO "{name}_owner"')
    finally:
        await connection.close()


async def _make_login(connection: asyncpg.Connection, user: str, password: str, timeout: str, *, bypass: bool) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", user)
    verb = "ALTER" if exists else "CREATE"
    # Without inheritance the owner may hand functions to the lookup role, yet its wide policies are not the owner's own.
    rights = "LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE " + ("BYPASSRLS" if bypass else "NOBYPASSRLS")
    quoted = password.replace("'", "''")
    await connection.execute(f"{verb} ROLE \"{user}\" {rights} PASSWORD '{quoted}'")
    await connection.execute(f"ALTER ROLE \"{user}\" SET statement_timeout = '{timeout}'")
    await connection.execute(f"ALTER ROLE \"{user}\" SET lock_timeout = '2s'")
    await connection.execute(f"ALTER ROLE \"{user}\" SET idle_in_transaction_session_timeout = '15s'")
    await connection.execute(f"ALTER ROLE \"{user}\" SET timezone = 'UTC'")


async def _make_lookup(connection: asyncpg.Connection, name: str) -> None:
    """The NOLOGIN role that owns the functions by which credentials are found without a tenant."""
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", f"{name}_lookup"):
        await connection.execute(f'CREATE ROLE "{name}_lookup" NOLOGIN NOSUPERUSER NOBYPASSRLS')
    await connection.execute(f'GRANT "{name}_lookup" TO "{name}_owner"')


async def own_lookups(owner_url: str) -> None:
    """Give the functions that run with their owner's rights to the lookup role again: a restore makes them its owner's,
    whom forced row-level security shows no tenant, so that no credential would be found.
    """
    connection = await asyncpg.connect(owner_url, timeout=10)
    try:
        owner = await connection.fetchval("SELECT current_user::text")
        lookup = f"{owner.removesuffix('_owner')}_lookup"
        for row in await connection.fetch(_RUN_AS_OWNER):
            await connection.execute(f'ALTER FUNCTION {row["name"]} OWNER TO "{lookup}"')
    finally:
        await connection.close()


_RUN_AS_OWNER = """SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname = 'public' ORDER BY 1"""


def read_env_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def write_env_file(path: Path, values: dict[str, str]) -> None:
    """Write atomically with mode 0600: the file holds passwords."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(f"{name}={value}\n" for name, value in sorted(values.items())))
    fresh.replace(path)


ENV_NAMES = {
    "app": "PLENARY_DATABASE_URL",
    "owner": "PLENARY_OWNER_URL",
    "worker": "PLENARY_WORKER_URL",
    "platform": "PLENARY_PLATFORM_URL",
    "reader": "PLENARY_READER_URL",
    "backup": "PLENARY_BACKUP_URL",
}


def bootstrap(admin_url: str, env_file: Path, *, name: str = "plenary") -> dict[str, str]:
    """Database, logins, passwords, env file (0600), then all migrations. Running it again only migrates."""
    known = read_env_file(env_file)
    urls = {login: known[variable] for login, variable in ENV_NAMES.items() if variable in known}
    urls = asyncio.run(create_database(admin_url, name=name, known=urls))
    write_env_file(env_file, known | {ENV_NAMES[login]: url for login, url in urls.items()})
    upgrade(urls["owner"])
    return urls
