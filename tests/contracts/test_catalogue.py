"""The database that the migrations make is the one that the code knows: tables, columns, constraints, down and up."""

import asyncio
from typing import Any

import asyncpg
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from app.core import migrate
from app.core.errors import constraint_errors
from app.core.settings import Settings
from tests.factories.service import LivePlenary

# Unique and exclusion constraints whose violation is nobody's expected outcome, and why.
UNCLAIMED = {
    "uq_job_dedupe": "inserted with ON CONFLICT DO NOTHING",
    "uq_api_key_secret": "two secrets of 256 random bits are never the same",
    "uq_api_key_previous": "two secrets of 256 random bits are never the same",
    "uq_feed_token": "two secrets of 256 random bits are never the same",
    "uq_payment_statement_practice": "the worker writes a run's figures once, under the job's fence",
    "uq_payment_statement_reference": "the worker writes a run's figures once, under the job's fence",
    "uq_payment_reference": "the worker writes a run's figures once, under the job's fence",
    "uq_payment_payee": "the worker writes a run's figures once, under the job's fence",
    "uq_supplier_confirmed": "confirmations of one payee's suppliers are taken one after the other, under its lock",
    "uq_payment_correction_query": "proposals to one query are taken one after the other, under its lock",
    "uq_message_source": "inserted with ON CONFLICT DO NOTHING",
    "uq_session_request": "inserted with ON CONFLICT DO NOTHING",
    "uq_acknowledgement": "inserted with ON CONFLICT DO NOTHING",
    "uq_delivery_recipient": "inserted with ON CONFLICT DO NOTHING",
    "uq_newsletter_edition": "written by the one job that sends a newsletter, under its lock",
    "uq_attendance_person": "lists of one meeting are taken one after the other, under its lock",
    "uq_cpd_entry_attendance": "written by the one job of each attendance",
    "uq_suppression_address": "inserted with ON CONFLICT DO NOTHING",
    "uq_issue_supporter": "inserted with ON CONFLICT DO NOTHING",
    "uq_issue_response_current": "answers to one issue are taken one after the other, under its lock",
}
# Tables that only statements of our own reach, without a class.
WITHOUT_CLASS = {
    "alembic_version": "Alembic's own",
    "worker_heartbeat": "written by one statement of the worker",
    "published.change_number": "a Core table of the read path",
    "published.register_number": "a Core table of the read path",
    "published.epoch": "one value",
}
_CONSTRAINTS = """
SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (x.indisunique OR x.indisexclusion) AND NOT x.indisprimary AND n.nspname IN ('public', 'published')
  AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'commissioner_id')"""
_UNNAMED = """
SELECT c.conrelid::regclass || '.' || c.conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
WHERE n.nspname IN ('public', 'published') AND c.conrelid <> 0 AND c.contype IN ('c', 'f', 'u', 'x')
  AND c.conname !~ '^(ck|fk|uq|ex|pk)_' AND c.conrelid::regclass::text NOT IN
    ('published.register_number', 'published.epoch')"""
_COLUMNS = """
SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name AS name,
  array_agg(column_name::text) AS columns
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema IN ('public', 'published') AND table_type = 'BASE TABLE' GROUP BY 1"""


async def owner_rows(shared: LivePlenary, sql: str) -> list[asyncpg.Record]:
    return await shared.owner.fetch(sql)


async def test_every_clash_of_tenants_rows_has_an_error_of_its_own(shared: LivePlenary) -> None:
    found = {row[0] for row in await owner_rows(shared, _CONSTRAINTS)}
    claimed = set(constraint_errors())
    assert found - claimed - UNCLAIMED.keys() == set(), "claim it in the slice's errors.py, or say here why not"
    assert UNCLAIMED.keys() - found == set()


async def test_every_constraint_that_an_error_claims_exists(shared: LivePlenary) -> None:
    names = "SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class WHERE relkind = 'i'"
    found = {row[0] for row in await owner_rows(shared, names)}
    claimed = {name for name, error in constraint_errors().items() if error.__module__.startswith("app.")}
    assert claimed - found == set()


async def test_every_constraint_is_named_by_us(shared: LivePlenary) -> None:
    assert [row[0] for row in await owner_rows(shared, _UNNAMED)] == []


async def test_tables_and_columns_are_those_of_the_classes(shared: LivePlenary) -> None:
    found = {row["name"]: set(row["columns"]) for row in await owner_rows(shared, _COLUMNS)}
    known = {table.fullname: {column.name for column in table.columns} for table in SQLModel.metadata.tables.values()}
    assert found.keys() - known.keys() == WITHOUT_CLASS.keys()
    assert known.keys() - found.keys() == set()
    differing = {name: known[name] ^ found[name] for name in known if known[name] != found[name]}
    assert differing == {}


def test_migrations_have_one_head_and_one_line() -> None:
    scripts = ScriptDirectory.from_config(migrate.alembic_config("postgresql://nowhere/none"))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    assert [s.revision for s in scripts.walk_revisions() if s.is_branch_point or s.is_merge_point] == []


def test_migrations_are_numbered_in_their_order() -> None:
    """By the number a release tells whether the database is older or newer than itself."""
    scripts = ScriptDirectory.from_config(migrate.alembic_config("postgresql://nowhere/none"))
    places = [migrate.place_of(script.revision) for script in scripts.walk_revisions()]
    assert places == list(range(len(places), 0, -1))


def test_migrations_go_down_and_up_again(live_settings: Settings) -> None:
    owner = live_settings.asyncpg_url("owner")
    before = asyncio.run(_shape(owner))
    migrate.downgrade(owner, "base")
    assert asyncio.run(_left_over(owner)) == []
    migrate.upgrade(owner)
    assert asyncio.run(_shape(owner)) == before


async def _rows(url: str, sql: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def _shape(url: str) -> list[Any]:
    """Everything that a later start would stumble over if it were missing: columns, constraints, indexes, policies, rights."""
    return [
        await _rows(url, sql)
        for sql in (
            "SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default FROM"
            " information_schema.columns WHERE table_schema IN ('public', 'published') ORDER BY 1, 2, 3",
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace::regnamespace::text IN"
            " ('public', 'published') ORDER BY 1, 2",
            "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'published') ORDER BY 1",
            "SELECT schemaname, tablename, policyname, roles, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2, 3",
            "SELECT table_schema, table_name, grantee, privilege_type FROM information_schema.table_privileges WHERE"
            " table_schema IN ('public', 'published') ORDER BY 1, 2, 3, 4",
            "SELECT p.oid::regprocedure::text, pg_get_userbyid(proowner), proconfig, proacl::text FROM pg_proc p WHERE"
            " pronamespace::regnamespace::text IN ('public', 'published') ORDER BY 1",
        )
    ]


async def _left_over(url: str) -> list[Any]:
    return await _rows(
        url,
        "SELECT relname FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'published')"
        " AND relkind IN ('r', 'v', 'm', 'S') AND relname <> 'alembic_version'"
        " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
        " AND typname NOT LIKE '%alembic_version'",
    )
