"""Whether the database still keeps tenants apart: the catalogue compared with what the migrations promise.

Whatever departs from the rule stands in a list here, with its reason. A table, policy, function or right that the lists
do not know is a fault, and so is one that they know and that is gone.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog

from app.core.database_problems import DATABASE_ERRORS, is_passing
from app.core.settings import Login, Settings, SettingsInvalid

log = structlog.get_logger(__name__)
AWAITED_SECONDS: Final = 30
"""As long as a server may take to start, or to be started again, beside whoever needs it."""
TENANT_TEST: Final = "(commissioner_id = (NULLIF(current_setting('app.commissioner'::text, true), ''::text))::uuid)"
SEARCH_PATH: Final = "search_path=pg_catalog, public, pg_temp"
SERVING: Final = ("app", "worker", "platform", "reader")

# (table, login, command): who sees more than one tenant, beside the policy that every tenant table has.
OPEN_POLICIES: Final[dict[tuple[str, str, str], str]] = {
    ("commissioner", "platform", "ALL"): "the platform makes tenants",
    ("commissioner", "lookup", "SELECT"): "credentials are found without a tenant",
    ("api_key", "lookup", "SELECT"): "credentials are found without a tenant",
    ("role_grant", "lookup", "SELECT"): "credentials are found without a tenant",
    ("person", "lookup", "SELECT"): "a token's address is found without a tenant",
    ("event", "worker", "ALL"): "the relay takes every tenant's events, which hold ids alone",
    ("event", "platform", "INSERT"): "an import announces changes to the tenants that it touched",
    ("event", "lookup", "SELECT"): "counted for /metrics",
    ("job", "worker", "ALL"): "workers claim every tenant's jobs, which hold ids alone",
    ("job", "lookup", "SELECT"): "counted for /metrics",
    ("feed", "lookup", "SELECT"): "a reader of a feed brings no tenant, only its name or secret",
    ("payment_run", "lookup", "SELECT"): "counted for /metrics",
    ("payment_query", "lookup", "SELECT"): "counted for /metrics",
    ("locality", "platform", "SELECT"): "the published practice shows its locality",
    ("locality_membership", "platform", "SELECT"): "the published practice shows its locality",
    ("place_membership", "platform", "SELECT"): "a place's published practices are its members",
    ("published.change_number", "platform", "ALL"): "an import raises the number of each tenant that it touched",
    ("published.change_number", "reader", "SELECT"): "the read path adds the tenant itself",
    ("published.change_number", "lookup", "SELECT"): "whether a reader's copy of a feed is current",
    ("published.practice", "platform", "ALL"): "an import rebuilds every tenant's rows",
    ("published.practice", "reader", "SELECT"): "the read path adds the tenant itself",
}

# Tables that belong to no tenant: the national register (by its prefix), and these.
SHARED_TABLES: Final[dict[str, str]] = {
    "alembic_version": "which migrations have run",
    "worker_heartbeat": "which workers live",
    "sending_allowance": "what may still be given to a provider or a number: the mail server and a telephone are everybody's",
    "published.register_number": "one number for the whole register",
    "published.epoch": "one value, which a restore changes",
}
REGISTER_PREFIX: Final = "register_"

# Functions that see every tenant, and the logins that may call them.
LOOKUPS: Final[dict[str, frozenset[str]]] = {
    "find_api_key(bytea)": frozenset({"app"}),
    "find_grants(text)": frozenset({"app"}),
    "find_origin(text,timestamp with time zone)": frozenset({"app"}),
    "find_feed(text,bytea)": frozenset({"app"}),
    "find_credential_tenant(uuid)": frozenset({"platform"}),
    "queue_figures()": frozenset({"platform"}),
    "age_figures()": frozenset({"platform"}),
    "unacknowledged_releases()": frozenset({"platform"}),
    "overdue_queries()": frozenset({"platform"}),
}

# Unique keys that do not begin with the tenant.
GLOBAL_KEYS: Final[dict[str, str]] = {
    "uq_api_key_secret": "a credential is found without a tenant, so no two tenants may have the same",
    "uq_feed_name": "a feed is found without a tenant, so no two tenants may have the same",
    "uq_feed_token": "a feed is found without a tenant, so no two tenants may have the same",
    "uq_api_key_previous": "a credential is found without a tenant, so no two tenants may have the same",
}

# Written once and never changed, by privilege.
APPEND_ONLY: Final = frozenset(
    {
        "audit_entry",
        "payment_run_part",
        "payment_booking",
        "payment_run_input",
        "payment_statement",
        "payment_line",
        "payment",
        "payment_acknowledgement",
        "payment_query_message",
    }
)


@dataclass(frozen=True, slots=True)
class Verdict:
    name: str
    faults: tuple[str, ...]


@dataclass(slots=True)
class Catalogue:
    """What PostgreSQL says of this database; read with one connection, as any login."""

    connection: asyncpg.Connection
    prefix: str

    async def rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self.connection.fetch(sql, *arguments)

    def role(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def short(self, role: str) -> str:
        return role.removeprefix(f"{self.prefix}_")


_NAME = "CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END"
_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


async def check_logins(catalogue: Catalogue) -> list[str]:
    """No login is more than it needs to be; the backup's alone reads past the policies."""
    names = [catalogue.role(name) for name in (*SERVING, "owner", "backup", "lookup")]
    found = {row["rolname"]: row for row in await catalogue.rows(_ROLES, names)}
    faults = [f"{name} does not exist" for name in names if name not in found]
    for name, row in found.items():
        wrong = [
            right for right in _POWERS if row[right] and (catalogue.short(name), right) != ("backup", "rolbypassrls")
        ]
        faults += [f"{name} has {right.removeprefix('rol')}" for right in wrong]
        if row["rolcanlogin"] == (name == catalogue.role("lookup")):
            faults.append(f"{name} {'can' if row['rolcanlogin'] else 'cannot'} log in")
    for row in await catalogue.rows(_MEMBERSHIPS, names):
        if (catalogue.short(row["member"]), catalogue.short(row["role"])) != ("owner", "lookup"):
            faults.append(f"{row['member']} is a member of {row['role']}")
    return faults


_POWERS = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication")
_ROLES = f"SELECT rolname, rolcanlogin, {', '.join(_POWERS)} FROM pg_roles WHERE rolname = ANY($1)"
_MEMBERSHIPS = """SELECT m.rolname AS member, r.rolname AS role FROM pg_auth_members a
JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname = ANY($1)"""


async def check_tables(catalogue: Catalogue) -> list[str]:
    """Every table belongs to a tenant and has row-level security forced, or stands in a list here."""
    faults: list[str] = []
    found = await catalogue.rows(_TABLES)
    for row in found:
        name, is_tenant = row["name"], row["is_tenant"] or row["name"] == "commissioner"
        is_shared = name in SHARED_TABLES or name.startswith(REGISTER_PREFIX)
        if row["kind"] in "mf":
            faults.append(f"{name} is neither a table nor a view, so no policy can hold for it")
        elif is_tenant and not (row["enabled"] and row["forced"]):
            faults.append(f"{name}: row-level security is not {'forced' if row['enabled'] else 'enabled'}")
        elif is_tenant and is_shared:
            faults.append(f"{name} has a tenant but is listed as shared")
        elif not is_tenant and not is_shared:
            faults.append(f"{name} belongs to no tenant and to no list")
    return faults + [f"{name} is listed and gone" for name in SHARED_TABLES.keys() - {row["name"] for row in found}]


_TABLES = f"""SELECT {_NAME} AS name, c.relkind::text AS kind, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
  EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'commissioner_id' AND NOT a.attisdropped
          AND c.relkind <> 'v') AS is_tenant
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind IN ('r', 'p', 'm', 'f') ORDER BY 1"""


async def check_policies(catalogue: Catalogue) -> list[str]:
    """Each tenant table has the one policy, as it was written, and only the exceptions listed here."""
    faults: list[str] = []
    policies = await catalogue.rows(_POLICIES)
    expected = {row["name"] for row in await catalogue.rows(_TABLES) if row["is_tenant"]} | {"commissioner"}
    guarded: set[str] = set()
    opened: set[tuple[str, str, str]] = set()
    for row in policies:
        if row["policyname"] == "tenant":
            guarded.add(row["name"])
            if not _is_tenant_policy(row):
                faults.append(f"{row['name']}: the tenant policy is not what it was")
            continue
        found = (row["name"], ",".join(catalogue.short(role) for role in row["roles"]), row["cmd"])
        opened.add(found)
        if found not in OPEN_POLICIES or row["permissive"] != "PERMISSIVE":
            faults.append(f"{found[0]}: policy {row['policyname']} lets {found[1]} {found[2]} without a tenant")
    faults += [f"{name} has no tenant policy" for name in sorted(expected - guarded)]
    return faults + [
        f"{table}: the policy for {login} is gone" for table, login, _ in sorted(OPEN_POLICIES.keys() - opened)
    ]


def _is_tenant_policy(row: asyncpg.Record) -> bool:
    test = TENANT_TEST.replace("commissioner_id", "id") if row["name"] == "commissioner" else TENANT_TEST
    checks = (test, None) if row["name"] == "commissioner" else (test,)
    whole = row["permissive"] == "PERMISSIVE" and list(row["roles"]) == ["public"] and row["cmd"] == "ALL"
    return whole and row["qual"] == test and row["with_check"] in checks


_POLICIES = """SELECT CASE WHEN schemaname = 'public' THEN tablename ELSE schemaname || '.' || tablename END AS name,
  policyname, permissive, roles::text[] AS roles, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2"""


async def check_keys(catalogue: Catalogue) -> list[str]:
    """A reference between tenant tables names the tenant on both sides, and keys begin with it."""
    faults = [
        f"{row['name']}: {row['conname']} could point into another tenant" for row in await catalogue.rows(_REFERENCES)
    ]
    keys = await catalogue.rows(_KEYS)
    faults += [f"{k['name']}: {k['key']} does not begin with the tenant" for k in keys if k["key"] not in GLOBAL_KEYS]
    return faults + [f"{key} is listed and gone" for key in GLOBAL_KEYS.keys() - {k["key"] for k in keys}]


_IS_TENANT = "EXISTS (SELECT 1 FROM pg_attribute t WHERE t.attrelid = {0} AND t.attname = 'commissioner_id' AND NOT t.attisdropped)"
_REFERENCES = f"""SELECT {_NAME} AS name, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND {_IS_TENANT.format("k.conrelid")} AND {_IS_TENANT.format("k.confrelid")}
  AND NOT EXISTS (SELECT 1 FROM unnest(k.conkey, k.confkey) AS pair(own, other)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.own
    JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.other
    WHERE a.attname = 'commissioner_id' AND b.attname = 'commissioner_id') ORDER BY 1, 2"""
_KEYS = f"""SELECT {_NAME} AS name, i.relname AS key FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE x.indisunique AND {_OURS} AND {_IS_TENANT.format("c.oid")} AND NOT EXISTS (
  SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = x.indkey[0] AND a.attname = 'commissioner_id')
ORDER BY 1, 2"""


async def check_views(catalogue: Catalogue) -> list[str]:
    """A view shows what its reader may see, not what its owner may."""
    return [f"{row['name']} is not security_invoker" for row in await catalogue.rows(_VIEWS)]


_VIEWS = f"""SELECT {_NAME} AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND {_OURS} AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false) ORDER BY 1"""


async def check_functions(catalogue: Catalogue) -> list[str]:
    """Functions that run with their owner's rights are the listed ones, owned by the role that cannot log in."""
    faults: list[str] = []
    found = await catalogue.rows(_FUNCTIONS, [catalogue.role(name) for name in (*SERVING, "backup")])
    for row in found:
        name, callers = row["name"], {catalogue.short(caller) for caller in row["callers"]}
        if name not in LOOKUPS:
            faults.append(f"{name} runs with its owner's rights and is not listed")
            continue
        if row["owner"] != catalogue.role("lookup"):
            faults.append(f"{name} is owned by {row['owner']}")
        if list(row["proconfig"] or ()) != [SEARCH_PATH]:
            faults.append(f"{name} has no fixed search_path")
        if row["is_public"] or callers != LOOKUPS[name]:
            faults.append(f"{name} may be called by {'everybody' if row['is_public'] else ', '.join(sorted(callers))}")
    return faults + [f"{name} is listed and gone" for name in LOOKUPS.keys() - {row["name"] for row in found}]


_FUNCTIONS = f"""SELECT p.oid::regprocedure::text AS name, pg_get_userbyid(p.proowner) AS owner, p.proconfig,
  coalesce((SELECT bool_or(x.grantee = 0) FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
            WHERE x.privilege_type = 'EXECUTE'), false) AS is_public,
  ARRAY(SELECT r FROM unnest($1::text[]) r WHERE has_function_privilege(r, p.oid, 'EXECUTE')) AS callers
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef AND {_OURS} ORDER BY 1"""


async def check_rights(catalogue: Catalogue) -> list[str]:
    """The reader reads what is published and nothing else; nobody who serves owns anything or empties a table."""
    faults: list[str] = []
    serving = [catalogue.role(name) for name in (*SERVING, "backup")]
    for row in await catalogue.rows(_RIGHTS, serving):
        name, login, rights = row["name"], catalogue.short(row["login"]), set(row["rights"])
        wrong = rights - _allowed(name, login)
        faults += [f"{login} has {right} on {name}" for right in sorted(wrong)]
    faults += [f"{row['login']} owns {row['name']}" for row in await catalogue.rows(_OWNED, serving)]
    for row in await catalogue.rows(_SCHEMAS, serving):
        login, schema = catalogue.short(row["login"]), row["nspname"]
        if row["creates"] or (login == "reader" and schema != "published"):
            faults.append(f"{login} may {'create in' if row['creates'] else 'use'} the schema {schema}")
    return faults


def _allowed(table: str, login: str) -> set[str]:
    if login == "backup":
        return {"SELECT"}
    if login == "reader":
        return {"SELECT"} if table.startswith("published.") else set()
    if table in APPEND_ONLY:
        return {"SELECT", "INSERT"}
    if table == "alembic_version" or (table.startswith(REGISTER_PREFIX) and login != "platform"):
        return {"SELECT"}
    return {"SELECT", "INSERT", "UPDATE", "DELETE"}


_RIGHTS = f"""SELECT {_NAME} AS name, l.login, ARRAY(
  SELECT r FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) r
  WHERE CASE WHEN r IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
        THEN has_any_column_privilege(l.login, c.oid, r) ELSE has_table_privilege(l.login, c.oid, r) END) AS rights
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN unnest($1::text[]) AS l(login)
WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1, 2"""
_OWNED = f"""SELECT {_NAME} AS name, pg_get_userbyid(c.relowner) AS login FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND pg_get_userbyid(c.relowner) = ANY($1) ORDER BY 1"""
_SCHEMAS = f"""SELECT l.login, n.nspname, has_schema_privilege(l.login, n.oid, 'CREATE') AS creates
FROM pg_namespace n CROSS JOIN unnest($1::text[]) AS l(login)
WHERE {_OURS} AND has_schema_privilege(l.login, n.oid, 'USAGE') ORDER BY 1, 2"""


async def check_emptiness(catalogue: Catalogue) -> list[str]:
    """Tried out, not looked up: without a tenant the login sees no row of any tenant table."""
    login = catalogue.short(await catalogue.connection.fetchval("SELECT current_user::text") or "")
    opened = {table for table, reader, command in OPEN_POLICIES if reader == login and command in ("ALL", "SELECT")}
    names = [row["name"] for row in await catalogue.rows(_TABLES) if row["is_tenant"] and row["name"] not in opened]
    readable = await catalogue.rows("SELECT t FROM unnest($1::text[]) t WHERE has_table_privilege(t, 'SELECT')", names)
    shown = [row["t"] for row in readable if await catalogue.rows(f"SELECT 1 FROM {row['t']} LIMIT 1")]
    return [f"{login} sees rows of {name} without a tenant" for name in shown]


CHECKS: Final[dict[str, Callable[[Catalogue], Any]]] = {
    "logins": check_logins,
    "tables": check_tables,
    "policies": check_policies,
    "keys": check_keys,
    "views": check_views,
    "functions": check_functions,
    "rights": check_rights,
    "no tenant, no rows": check_emptiness,
}


async def selfcheck(url: str) -> list[Verdict]:
    """All checks, through one connection of the app login."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await refuse_powers(connection, "app")
        return await inspect(connection)
    finally:
        await connection.close()


async def inspect(connection: asyncpg.Connection) -> list[Verdict]:
    owner = await connection.fetchval(
        "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"
    )
    catalogue = Catalogue(connection, str(owner).removesuffix("_owner"))
    return [Verdict(name, tuple(await check(catalogue))) for name, check in CHECKS.items()]


def render(verdicts: Sequence[Verdict]) -> Iterable[str]:
    """A table for people: one line for each check, and below it what is wrong."""
    width = max(len(verdict.name) for verdict in verdicts)
    for verdict in verdicts:
        yield f"{verdict.name:<{width}}  {'FAULT' if verdict.faults else 'ok'}"
        yield from (f"{'':<{width}}  - {fault}" for fault in verdict.faults)


async def refuse_powers(connection: asyncpg.Connection, login: str) -> None:
    """Row-level security does not bind a superuser, so nobody may serve as one by a mistaken address."""
    powers = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname IN (current_user, session_user)"
    if any(row[0] for row in await connection.fetch(powers)):
        raise SettingsInvalid(
            f"The {login} login is a superuser or has BYPASSRLS, so that tenants would not be kept apart; "
            "`plenary migrate --bootstrap` makes logins that are not."
        )


async def refuse_powerful_logins(settings: Settings, logins: Sequence[Login]) -> None:
    """Called before a process serves. A database that is just starting is waited for."""
    until = time.monotonic() + AWAITED_SECONDS
    for login in logins:
        connection = await _connect(settings.asyncpg_url(login), until=until)
        try:
            await refuse_powers(connection, login)
        finally:
            await connection.close()


async def _connect(url: str, *, until: float) -> asyncpg.Connection:
    while True:
        try:
            return await asyncpg.connect(url, timeout=10)
        except DATABASE_ERRORS as error:
            if not is_passing(error) or time.monotonic() > until:
                raise
            log.info("database_awaited", error=type(error).__name__)
            await asyncio.sleep(0.5)
