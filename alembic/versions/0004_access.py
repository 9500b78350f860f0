"""Keys and grants, and the functions by which a credential is found before its tenant is known."""

from alembic import op
from app.core import migrate

revision = "0004_access"
down_revision = "0003_people"

FINDERS = {
    "find_api_key(bytea)": "app",
    "find_grants(text)": "app",
    "find_origin(text, timestamptz)": "app",
    "find_credential_tenant(uuid)": "platform",
}
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
            # A money role counts for the address that the platform checked: whoever may correct a person's address
            # must not be able to point the role at somebody else.
            "bound_email text",
            "created_at timestamptz NOT NULL",
            "valid_from timestamptz NOT NULL",
            "valid_until timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_role_grant_period CHECK (valid_until IS NULL OR valid_until >= valid_from)",
            "CONSTRAINT fk_role_grant_commissioner FOREIGN KEY (commissioner_id) REFERENCES commissioner (id)",
            "CONSTRAINT fk_role_grant_person FOREIGN KEY (commissioner_id, person_id) REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, UPDATE",
        platform="SELECT, INSERT, UPDATE",
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_role_grant_open ON role_grant (commissioner_id, person_id, role, boundary, boundary_id)"
        " NULLS NOT DISTINCT WHERE valid_until IS NULL"
    )
    op.execute("CREATE INDEX ix_api_key_person ON api_key (commissioner_id, person_id)")
    op.execute("CREATE INDEX ix_api_key_origins ON api_key USING gin (origins) WHERE revoked_at IS NULL")
    _finders()


def _finders() -> None:
    """Owned by a role that cannot log in; each takes what the caller presents and returns only what access needs."""
    lookup = migrate.role("lookup")
    for table in ("api_key", "role_grant", "person", "commissioner"):
        op.execute(f"GRANT SELECT ON {table} TO {lookup}")
        migrate.open_policy(table, "lookup", command_="SELECT")
    # Who stands behind an address is asked for each bearer token, without a tenant.
    op.execute("CREATE INDEX ix_person_email_key ON person (email_key) WHERE email_key IS NOT NULL")
    head = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS"
    op.execute(
        f"""
CREATE FUNCTION find_api_key(hash bytea) RETURNS TABLE (
  id uuid, commissioner_id uuid, commissioner_code text, role text, boundary text, boundary_id text, person_id uuid,
  name text, origins text[], expires_at timestamptz) {head} $$
  SELECT k.id, k.commissioner_id, c.code, k.role, k.boundary, k.boundary_id, k.person_id, k.name, k.origins,
         CASE WHEN k.secret_hash = hash THEN k.expires_at ELSE least(k.expires_at, k.previous_until) END
  FROM public.api_key k JOIN public.commissioner c ON c.id = k.commissioner_id
  LEFT JOIN public.person p ON p.commissioner_id = k.commissioner_id AND p.id = k.person_id
  WHERE (k.secret_hash = hash OR k.previous_hash = hash) AND k.revoked_at IS NULL AND p.erased_at IS NULL
$$"""
    )
    op.execute(
        f"""
CREATE FUNCTION find_grants(address text) RETURNS TABLE (
  commissioner_id uuid, commissioner_code text, person_id uuid, person_name text, role text, boundary text,
  boundary_id text, valid_from timestamptz, valid_until timestamptz) {head} $$
  SELECT g.commissioner_id, c.code, g.person_id, p.name, g.role, g.boundary, g.boundary_id, g.valid_from, g.valid_until
  FROM public.person p
  JOIN public.role_grant g ON g.commissioner_id = p.commissioner_id AND g.person_id = p.id
  JOIN public.commissioner c ON c.id = g.commissioner_id
  WHERE p.email_key = lower(address) AND p.erased_at IS NULL
    AND (g.bound_email IS NULL OR g.bound_email = p.email_key)
$$"""
    )
    op.execute(
        f"""
CREATE FUNCTION find_origin(wanted text, at timestamptz) RETURNS boolean {head} $$
  SELECT EXISTS (SELECT 1 FROM public.api_key k WHERE k.origins @> ARRAY[wanted] AND k.revoked_at IS NULL
                 AND (k.expires_at IS NULL OR k.expires_at > at))
$$"""
    )
    op.execute(
        f"""
CREATE FUNCTION find_credential_tenant(credential uuid) RETURNS uuid {head} $$
  SELECT k.commissioner_id FROM public.api_key k WHERE k.id = credential
  UNION ALL SELECT g.commissioner_id FROM public.role_grant g WHERE g.id = credential
$$"""
    )
    for function, login in FINDERS.items():
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {migrate.role(login)}")
        op.execute(f"ALTER FUNCTION {function} OWNER TO {lookup}")


def downgrade() -> None:
    for function in FINDERS:
        op.execute(f"DROP FUNCTION {function}")
    for table in ("person", "commissioner"):
        op.execute(f"DROP POLICY lookup ON {table}")
        op.execute(f"REVOKE SELECT ON {table} FROM {migrate.role('lookup')}")
    op.execute("DROP INDEX ix_person_email_key")
    op.execute("DROP TABLE role_grant")
    op.execute("DROP TABLE api_key")
