"""Keys and grants, and the functions by which a credential is found before its tenant is known."""

from alembic import op
from app.core import migrate

revision = "0004_access"
down_revision = "0003_people"

BOUNDARY = "boundary text NOT NULL CONSTRAINT ck_{0}_boundary CHECK (boundary IN ('commissioner', 'locality', 'practice', 'self', 'platform'))"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    migrate.tenant_table(
        "api_key",
        [
            "name text NOT NULL CONSTRAINT ck_api_key_name CHECK (length(name) BETWEEN 1 AND 200)",
            "role text NOT NULL",
            BOUNDARY.format("api_key"),
            "boundary_id text",
            "person_id uuid",
            "prefix text NOT NULL",
            "secret_hash bytea NOT NULL CONSTRAINT uq_api_key_secret UNIQUE",
            "previous_hash bytea CONSTRAINT uq_api_key_previous UNIQUE",
            "previous_until timestamptz",
            "origins text[] NOT NULL DEFAULT '{}'",
            "created_at timestamptz NOT NULL",
            "expires_at timestamptz",
            "revoked_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT fk_api_key_commissioner FOREIGN KEY (commissioner_id) REFERENCES commissioner (id)",
            "CONSTRAINT fk_api_key_person FOREIGN KEY (commissioner_id, person_id) REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, UPDATE",
        platform="SELECT, INSERT, UPDATE",
    )
    migrate.tenant_table(
        "role_grant",
        [
            "person_id uuid NOT NULL",
            "role text NOT NULL",
            BOUNDARY.format("role_grant"),
            "boundary_id text",
            "valid_from timestamptz NOT NULL",
            "valid_until timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT fk_role_grant_person FOREIGN KEY (commissioner_id, person_id) REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, UPDATE",
        platform="SELECT, INSERT, UPDATE",
    )
    _finders()


def _finders() -> None:
    """Owned by a role that cannot log in; each takes what the caller presents and returns only what access needs."""
    lookup = migrate.role("lookup")
    for table in ("api_key", "role_grant", "person", "commissioner"):
        op.execute(f"GRANT SELECT ON {table} TO {lookup}")
        migrate.open_policy(table, "lookup", command_="SELECT")
    op.execute(
        """
CREATE FUNCTION find_api_key(hash bytea) RETURNS TABLE (
  id uuid, commissioner_id uuid, commissioner_code text, role text, boundary text, boundary_id text, person_id uuid,
  name text, origins text[], expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT k.id, k.commissioner_id, c.code, k.role, k.boundary, k.boundary_id, k.person_id, k.name, k.origins, k.expires_at
  FROM public.api_key k JOIN public.commissioner c ON c.id = k.commissioner_id
  WHERE (k.secret_hash = hash OR (k.previous_hash = hash AND k.previous_until > clock_timestamp()))
    AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
$$"""
    )
    op.execute(
        """
CREATE FUNCTION find_grants(email text, wanted_commissioner text) RETURNS TABLE (
  commissioner_id uuid, commissioner_code text, person_id uuid, person_name text, role text, boundary text,
  boundary_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT g.commissioner_id, c.code, g.person_id, p.name, g.role, g.boundary, g.boundary_id
  FROM public.role_grant g
  JOIN public.person p ON p.commissioner_id = g.commissioner_id AND p.id = g.person_id
  JOIN public.commissioner c ON c.id = g.commissioner_id
  WHERE p.email_key = lower(email) AND (wanted_commissioner IS NULL OR c.code = wanted_commissioner)
    AND g.valid_from <= clock_timestamp() AND (g.valid_until IS NULL OR g.valid_until > clock_timestamp())
$$"""
    )
    op.execute(
        """
CREATE FUNCTION find_origin(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.api_key k WHERE k.origins @> ARRAY[wanted] AND k.revoked_at IS NULL
                 AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp()))
$$"""
    )
    for function in ("find_api_key(bytea)", "find_grants(text, text)", "find_origin(text)"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {migrate.role('app')}")
        op.execute(f"ALTER FUNCTION {function} OWNER TO {lookup}")


def downgrade() -> None:
    for function in ("find_api_key(bytea)", "find_grants(text, text)", "find_origin(text)"):
        op.execute(f"DROP FUNCTION {function}")
    for table in ("person", "commissioner"):
        op.execute(f"DROP POLICY lookup ON {table}")
        op.execute(f"REVOKE SELECT ON {table} FROM {migrate.role('lookup')}")
    op.execute("DROP TABLE role_grant")
    op.execute("DROP TABLE api_key")
