"""Queries about lines, what is said in them, and corrections that a second person approved."""

from alembic import op
from app.core import migrate

revision = "0027_queries"
down_revision = "0026_approval_bands"

QUERY_KEY = "FOREIGN KEY (commissioner_id, query_id) REFERENCES payment_query (commissioner_id, id)"
SCHEME_KEY = "FOREIGN KEY (commissioner_id, scheme_id) REFERENCES scheme (commissioner_id, id)"
CHANGED_OF_A_QUERY = "state, outcome, answer, owner_id, shared_at, answered_by, answered_at, messages, version"
DECISION = "state, decided_by, decided_at, refusal"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "ALTER TABLE scheme ADD COLUMN query_days int NOT NULL DEFAULT 10"
        " CONSTRAINT ck_scheme_query_days CHECK (query_days BETWEEN 1 AND 60)"
    )
    _queries()
    _messages()
    _corrections()
    _figures()


def _queries() -> None:
    migrate.tenant_table(
        "payment_query",
        [
            "scheme_id uuid NOT NULL",
            "statement_id uuid NOT NULL",
            "line_no int NOT NULL",
            "line text NOT NULL",
            "practice text NOT NULL",
            "text text NOT NULL",
            "state text NOT NULL CONSTRAINT ck_payment_query_state CHECK (state IN ('open', 'approving', 'answered'))",
            "outcome text CONSTRAINT ck_payment_query_outcome CHECK (outcome IN ('upheld', 'explained', 'withdrawn'))",
            "answer text",
            "due_on date NOT NULL",
            # People by id, without a foreign key: what was asked and answered outlives the erasure of whoever did.
            "owner_id uuid",
            "shared_at timestamptz",
            "escalated_at timestamptz",
            "opened_by uuid NOT NULL",
            "opened_at timestamptz NOT NULL",
            "answered_by uuid",
            "answered_at timestamptz",
            "messages int NOT NULL DEFAULT 0",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_payment_query_answered CHECK ((state = 'open') = (outcome IS NULL)"
            " AND (outcome IS NULL) = (answered_by IS NULL) AND (state = 'answered') = (answered_at IS NOT NULL)"
            " AND (answer IS NOT NULL) = (coalesce(outcome, 'withdrawn') <> 'withdrawn'))",
            "CONSTRAINT fk_payment_query_line FOREIGN KEY (commissioner_id, statement_id, line_no)"
            " REFERENCES payment_line (commissioner_id, statement_id, no)",
            f"CONSTRAINT fk_payment_query_scheme {SCHEME_KEY}",
        ],
        app=f"SELECT, INSERT, UPDATE ({CHANGED_OF_A_QUERY})",
        worker="SELECT, UPDATE (escalated_at, version)",
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_payment_query_open ON payment_query (commissioner_id, statement_id, line_no, practice)"
        " WHERE state <> 'answered'"
    )
    op.execute("CREATE INDEX ix_payment_query_practice ON payment_query (commissioner_id, practice, id)")
    op.execute("CREATE INDEX ix_payment_query_due ON payment_query (commissioner_id, due_on) WHERE state <> 'answered'")


def _messages() -> None:
    migrate.tenant_table(
        "payment_query_message",
        [
            "query_id uuid NOT NULL",
            "side text NOT NULL CONSTRAINT ck_payment_query_message_side CHECK (side IN ('practice', 'office'))",
            "text text NOT NULL",
            "written_by uuid NOT NULL",
            "written_at timestamptz NOT NULL",
            f"CONSTRAINT fk_payment_query_message_query {QUERY_KEY}",
        ],
        app="SELECT, INSERT",
        worker="SELECT",
    )
    op.execute("CREATE INDEX ix_payment_query_message_query ON payment_query_message (commissioner_id, query_id, id)")


def _corrections() -> None:
    migrate.tenant_table(
        "payment_correction",
        [
            "query_id uuid NOT NULL",
            "scheme_id uuid NOT NULL",
            "practice text NOT NULL",
            "component text NOT NULL",
            "period_from date NOT NULL",
            "period_until date NOT NULL",
            "payee_type text NOT NULL",
            "payee_code text NOT NULL",
            "amount bigint NOT NULL CONSTRAINT ck_payment_correction_amount CHECK (amount <> 0)",
            "reason text NOT NULL",
            "state text NOT NULL CONSTRAINT ck_payment_correction_state"
            " CHECK (state IN ('proposed', 'approved', 'refused'))",
            "proposed_by uuid NOT NULL",
            "proposed_at timestamptz NOT NULL",
            "decided_by uuid",
            "decided_at timestamptz",
            "refusal text",
            "CONSTRAINT ck_payment_correction_people CHECK (decided_by <> proposed_by)",
            "CONSTRAINT ck_payment_correction_decided CHECK ((state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL) AND (state = 'refused') = (refusal IS NOT NULL))",
            "CONSTRAINT ck_payment_correction_payee CHECK (payee_type IN ('practice', 'organisation'))",
            "CONSTRAINT ck_payment_correction_period CHECK (period_until > period_from)",
            f"CONSTRAINT fk_payment_correction_query {QUERY_KEY}",
            f"CONSTRAINT fk_payment_correction_scheme {SCHEME_KEY}",
        ],
        app=f"SELECT, INSERT, UPDATE ({DECISION})",
        worker="SELECT",
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_payment_correction_query ON payment_correction (commissioner_id, query_id)"
        " WHERE state <> 'refused'"
    )
    op.execute(
        "CREATE INDEX ix_payment_correction_scheme ON payment_correction (commissioner_id, scheme_id, period_from)"
        " WHERE state = 'approved'"
    )
    # Decided once: what a run has paid from stays what it was.
    op.execute(
        "CREATE TRIGGER written_once BEFORE UPDATE ON payment_correction FOR EACH ROW"
        " WHEN (OLD.state <> 'proposed') EXECUTE FUNCTION refuse_change()"
    )


def _figures() -> None:
    """What /metrics shows across tenants: how many queries should have been answered by now."""
    lookup = migrate.role("lookup")
    op.execute(f"GRANT SELECT ON payment_query TO {lookup}")
    migrate.open_policy("payment_query", "lookup", command_="SELECT")
    op.execute(
        """
CREATE FUNCTION overdue_queries() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(*) FROM public.payment_query
  WHERE state <> 'answered' AND due_on < (clock_timestamp() AT TIME ZONE 'Europe/London')::date
$$"""
    )
    op.execute("CREATE INDEX ix_payment_query_waiting ON payment_query (due_on) WHERE state <> 'answered'")
    op.execute("REVOKE ALL ON FUNCTION overdue_queries() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION overdue_queries() TO {migrate.role('platform')}")
    op.execute(f"ALTER FUNCTION overdue_queries() OWNER TO {lookup}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP FUNCTION overdue_queries()")
    for table in ("payment_correction", "payment_query_message", "payment_query"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE scheme DROP COLUMN query_days")
