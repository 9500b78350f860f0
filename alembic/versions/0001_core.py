"""Events, jobs, idempotency, operations, audit, change numbers and the schema of published projections."""

from alembic import op
from app.core import migrate

revision = "0001_core"
down_revision = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Core PostgreSQL has no exclusion constraint on uuid or text; ranges of one value stand in for equality.
    op.execute("CREATE TYPE uuidrange AS RANGE (subtype = uuid)")
    op.execute('CREATE TYPE textrange AS RANGE (subtype = text, collation = "C")')
    op.execute("CREATE SCHEMA published")
    op.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for login in ("app", "worker", "platform"):
        op.execute(f"GRANT USAGE ON SCHEMA public TO {migrate.role(login)}")
        op.execute(f"GRANT USAGE ON SCHEMA published TO {migrate.role(login)}")
    op.execute(f"GRANT USAGE ON SCHEMA published TO {migrate.role('reader')}")
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {migrate.role('lookup')}")
    op.execute(f"GRANT USAGE ON SCHEMA public, published TO {migrate.role('backup')}")
    op.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {migrate.role('backup')}")
    # Alembic made its own table before the default above.
    op.execute(f"GRANT SELECT ON alembic_version TO {migrate.role('backup')}, {migrate.role('platform')}")
    _numbers()
    _events_and_jobs()
    _answers()
    _figures()


def _figures() -> None:
    """What /metrics shows across tenants: counts and ages, never a row. Owned by the role that cannot log in."""
    lookup = migrate.role("lookup")
    for table in ("event", "job"):
        op.execute(f"GRANT SELECT ON {table} TO {lookup}")
        migrate.open_policy(table, "lookup", command_="SELECT")
    head = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS"
    op.execute(
        f"""
CREATE FUNCTION queue_figures() RETURNS TABLE (queue text, oldest_due float8, parked bigint) {head} $$
  SELECT q.queue, coalesce((SELECT extract(epoch FROM clock_timestamp() - min(j.run_at)) FROM public.job j
                            WHERE j.queue = q.queue AND j.state = 'queued' AND j.run_at <= clock_timestamp()), 0)::float8,
         (SELECT count(*) FROM public.job j WHERE j.queue = q.queue AND j.state = 'parked')
  FROM unnest(ARRAY['payments', 'notifications', 'documents', 'default']) AS q(queue)
$$"""
    )
    op.execute(
        f"""
CREATE FUNCTION age_figures() RETURNS TABLE (relay_lag float8, oldest_transaction float8) {head} $$
  SELECT coalesce((SELECT extract(epoch FROM clock_timestamp() - min(e.occurred_at)) FROM public.event e
                   WHERE e.relayed_at IS NULL), 0)::float8,
         coalesce((SELECT extract(epoch FROM clock_timestamp() - min(a.xact_start)) FROM pg_stat_activity a
                   WHERE a.datname = current_database()), 0)::float8
$$"""
    )
    for function in ("queue_figures()", "age_figures()"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {migrate.role('platform')}")
        op.execute(f"ALTER FUNCTION {function} OWNER TO {lookup}")


def _numbers() -> None:
    migrate.tenant_table(
        "published.change_number",
        ["number bigint NOT NULL DEFAULT 0", "CONSTRAINT pk_change_number PRIMARY KEY (commissioner_id)"],
        app="SELECT, UPDATE",
        worker="SELECT, UPDATE",
        platform="SELECT, INSERT, UPDATE",
        reader="SELECT",
    )
    migrate.open_policy("published.change_number", "platform")
    migrate.open_policy("published.change_number", "reader", command_="SELECT")
    # One row each, without a tenant: the register's number, and the epoch that a restore changes.
    op.execute(
        "CREATE TABLE published.register_number (singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), number bigint NOT NULL)"
    )
    op.execute("INSERT INTO published.register_number (number) VALUES (0)")
    op.execute(
        "CREATE TABLE published.epoch (singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), epoch text NOT NULL)"
    )
    op.execute("INSERT INTO published.epoch (epoch) VALUES (md5(random()::text || clock_timestamp()::text))")
    for table in ("published.register_number", "published.epoch"):
        migrate.grant(table, app="SELECT", worker="SELECT", reader="SELECT", platform="SELECT")
    migrate.grant("published.register_number", platform="UPDATE")


def _events_and_jobs() -> None:
    migrate.tenant_table(
        "event",
        [
            "id uuid NOT NULL",
            "change_number bigint NOT NULL",
            "position int NOT NULL",
            "name text NOT NULL",
            "version int NOT NULL",
            "resource text",
            "subject text NOT NULL",
            "removed boolean NOT NULL",
            "payload jsonb NOT NULL",
            "actor_person_id uuid",
            "correlation_id text",
            "occurred_at timestamptz NOT NULL",
            "relayed_at timestamptz",
            "CONSTRAINT pk_event PRIMARY KEY (commissioner_id, change_number, position)",
        ],
        app="SELECT, INSERT",
        worker="SELECT, INSERT, UPDATE, DELETE",
        platform="SELECT, INSERT",
    )
    op.execute("CREATE INDEX ix_event_unrelayed ON event (occurred_at) WHERE relayed_at IS NULL")
    op.execute("CREATE INDEX ix_event_occurred ON event (commissioner_id, occurred_at)")
    migrate.open_policy("event", "worker")
    migrate.open_policy("event", "platform", command_="INSERT")
    migrate.tenant_table(
        "job",
        [
            "kind text NOT NULL",
            "queue text NOT NULL",
            "dedupe_key text NOT NULL",
            "payload jsonb NOT NULL",
            "state text NOT NULL CONSTRAINT ck_job_state CHECK (state IN ('queued', 'running', 'done', 'parked'))",
            "run_at timestamptz NOT NULL",
            "lease_until timestamptz",
            "token bigint NOT NULL DEFAULT 0",
            "attempts int NOT NULL DEFAULT 0",
            "last_error text",
            "correlation_id text",
            "created_at timestamptz NOT NULL",
            "finished_at timestamptz",
            "CONSTRAINT uq_job_dedupe UNIQUE (commissioner_id, kind, dedupe_key)",
        ],
        app="SELECT, UPDATE",
        worker="SELECT, INSERT, UPDATE, DELETE",
        platform="SELECT, UPDATE",
    )
    op.execute("CREATE INDEX ix_job_due ON job (queue, run_at, id) WHERE state = 'queued'")
    op.execute("CREATE INDEX ix_job_lease ON job (queue, lease_until) WHERE state = 'running'")
    op.execute("CREATE INDEX ix_job_state ON job (commissioner_id, state, id)")
    migrate.open_policy("job", "worker")
    op.execute(
        "CREATE TABLE worker_heartbeat (name text PRIMARY KEY, queues text NOT NULL, started_at timestamptz NOT NULL, seen_at timestamptz NOT NULL)"
    )
    migrate.grant("worker_heartbeat", worker="SELECT, INSERT, UPDATE, DELETE", app="SELECT", platform="SELECT")


def _answers() -> None:
    migrate.tenant_table(
        "idempotency_key",
        [
            "credential_id uuid NOT NULL",
            "key text NOT NULL",
            "fingerprint bytea NOT NULL",
            "status int",
            "headers jsonb",
            "body bytea",
            "expires_at timestamptz NOT NULL",
            "CONSTRAINT pk_idempotency_key PRIMARY KEY (commissioner_id, credential_id, key)",
        ],
        app="SELECT, INSERT, UPDATE",
        platform="SELECT, INSERT, UPDATE",
        worker="SELECT, DELETE",
    )
    op.execute("CREATE INDEX ix_idempotency_key_expiry ON idempotency_key (commissioner_id, expires_at)")
    migrate.tenant_table(
        "operation",
        [
            "kind text NOT NULL",
            "status text NOT NULL CONSTRAINT ck_operation_status CHECK (status IN ('queued', 'running', 'succeeded', 'failed'))",
            "done int NOT NULL",
            "total int",
            "result jsonb",
            "problem jsonb",
            "credential_id uuid",
            "created_at timestamptz NOT NULL",
            "finished_at timestamptz",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, INSERT, UPDATE, DELETE",
        platform="SELECT, INSERT, UPDATE",
    )
    migrate.tenant_table(
        "audit_entry",
        [
            "at timestamptz NOT NULL",
            "action text NOT NULL",
            "subject text NOT NULL",
            "credential_id uuid",
            "person_id uuid",
            "via text NOT NULL",
            "request_id text",
            "correlation_id text",
            "detail jsonb NOT NULL",
        ],
        app="SELECT, INSERT",
        worker="SELECT, INSERT",
        platform="SELECT, INSERT",
    )
    op.execute("CREATE INDEX ix_audit_entry_subject ON audit_entry (commissioner_id, subject, id)")


def downgrade() -> None:
    op.execute("DROP FUNCTION queue_figures()")
    op.execute("DROP FUNCTION age_figures()")
    for table in ("audit_entry", "operation", "idempotency_key", "worker_heartbeat", "job", "event"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP SCHEMA published CASCADE")
    op.execute("DROP TYPE textrange")
    op.execute("DROP TYPE uuidrange")
    op.execute(f"REVOKE SELECT ON alembic_version FROM {migrate.role('backup')}, {migrate.role('platform')}")
    op.execute(f"ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM {migrate.role('backup')}")
    op.execute(
        f"REVOKE ALL ON SCHEMA public FROM {', '.join(migrate.role(r) for r in ('app', 'worker', 'platform', 'lookup', 'backup'))}"
    )
