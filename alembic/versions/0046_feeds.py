"""Feeds for readers without a credential, and the function by which one is found before its tenant is known."""

from alembic import op
from app.core import migrate

revision = "0046_feeds"
down_revision = "0045_attempts"

FINDER = "find_feed(text, bytea)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    migrate.tenant_table(
        "feed",
        [
            "name text CONSTRAINT uq_feed_name UNIQUE",
            "title text NOT NULL",
            "kinds text[] NOT NULL CONSTRAINT ck_feed_kinds CHECK (cardinality(kinds) > 0)",
            "locality_id uuid",
            "access text NOT NULL CONSTRAINT ck_feed_access CHECK (access IN ('public', 'secret'))",
            # SHA-256 of a random secret, as for keys.
            "token_hash bytea CONSTRAINT uq_feed_token UNIQUE",
            "created_at timestamptz NOT NULL",
            "changed_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_feed_found_by CHECK ((access = 'public') = (name IS NOT NULL)"
            " AND (access = 'secret') = (token_hash IS NOT NULL))",
            "CONSTRAINT fk_feed_locality FOREIGN KEY (commissioner_id, locality_id)"
            " REFERENCES locality (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE, DELETE",
    )
    op.execute("ALTER TABLE meeting ADD COLUMN changed_at timestamptz")
    _finder()


def _finder() -> None:
    """What a reader of a feed needs to know whether their copy is current, in one look."""
    lookup = migrate.role("lookup")
    op.execute(f"GRANT USAGE ON SCHEMA published TO {lookup}")
    for table in ("feed", "published.change_number"):
        op.execute(f"GRANT SELECT ON {table} TO {lookup}")
        migrate.open_policy(table, "lookup", command_="SELECT")
    op.execute(
        """
CREATE FUNCTION find_feed(wanted text, hash bytea) RETURNS TABLE (
  commissioner_id uuid, id uuid, version int, access text, number bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT f.commissioner_id, f.id, f.version, f.access, n.number
  FROM public.feed f JOIN published.change_number n ON n.commissioner_id = f.commissioner_id
  WHERE f.name = wanted OR f.token_hash = hash
$$"""
    )
    op.execute(f"REVOKE ALL ON FUNCTION {FINDER} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {FINDER} TO {migrate.role('app')}")
    op.execute(f"ALTER FUNCTION {FINDER} OWNER TO {lookup}")


def downgrade() -> None:
    lookup = migrate.role("lookup")
    op.execute(f"DROP FUNCTION {FINDER}")
    op.execute("DROP POLICY lookup ON published.change_number")
    op.execute(f"REVOKE SELECT ON published.change_number FROM {lookup}")
    op.execute(f"REVOKE USAGE ON SCHEMA published FROM {lookup}")
    op.execute("ALTER TABLE meeting DROP COLUMN changed_at")
    op.execute("DROP TABLE feed")
