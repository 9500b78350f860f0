"""Runs, their frozen inputs, statements, lines, payments, and what the ledger answers."""

from alembic import op
from app.core import migrate

revision = "0009_payments"
down_revision = "0008_forums"

RUN_KEY = "FOREIGN KEY (commissioner_id, run_id) REFERENCES payment_run (commissioner_id, id)"
STATEMENT_KEY = "FOREIGN KEY (commissioner_id, statement_id) REFERENCES payment_statement (commissioner_id, id)"
PERIOD = "CONSTRAINT ck_{0}_period CHECK (period_until > period_from)"
PAYEE = "CONSTRAINT ck_{0}_payee CHECK (payee_type IN ('practice', 'organisation'))"
# Posted money is append-only by privilege: the API cannot write a figure at all, the worker cannot change one.
FIGURES = {"app": "SELECT", "worker": "SELECT, INSERT"}
# The platform says what a change of practices would touch.
SEEN_BY_PLATFORM = {**FIGURES, "platform": "SELECT"}
DECISION = (
    "state, approved_by, approved_at, released_by, released_at, rejected_by, rejected_at, reason, pay_by, version"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _runs()
    _frozen()
    _statements()
    _acknowledgements()
    _figures()


def _runs() -> None:
    migrate.tenant_table(
        "payment_run",
        [
            "scheme_id uuid NOT NULL",
            "period_from date NOT NULL",
            "period_until date NOT NULL",
            "state text NOT NULL CONSTRAINT ck_payment_run_state CHECK (state IN ('calculating', 'calculated',"
            " 'approved', 'released', 'acknowledged', 'rejected', 'failed'))",
            "note text",
            "operation_id uuid NOT NULL",
            "version_no int",
            "practices int",
            "lines int",
            "total bigint",
            # How many payments its file carries: a run without one has nothing that a ledger could answer.
            "file_count int",
            "inputs_digest text",
            "outputs_digest text",
            "balances jsonb",
            # People by id, without a foreign key: a decision outlives the erasure of whoever took it.
            "calculated_by uuid NOT NULL",
            "approved_by uuid",
            "released_by uuid",
            "rejected_by uuid",
            "reason text",
            "pay_by date",
            "problem jsonb",
            "created_at timestamptz NOT NULL",
            "calculated_at timestamptz",
            "approved_at timestamptz",
            "released_at timestamptz",
            "rejected_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            PERIOD.format("payment_run"),
            "CONSTRAINT fk_payment_run_scheme FOREIGN KEY (commissioner_id, scheme_id)"
            " REFERENCES scheme (commissioner_id, id)",
            # Three different people, whatever path leads to the row.
            "CONSTRAINT ck_payment_run_people CHECK ((approved_by IS NULL OR approved_by <> calculated_by)"
            " AND (released_by IS NULL OR (released_by <> calculated_by AND released_by <> approved_by)))",
            "CONSTRAINT ck_payment_run_decided CHECK ((state NOT IN ('approved', 'released', 'acknowledged')"
            " OR approved_by IS NOT NULL) AND (state NOT IN ('released', 'acknowledged')"
            " OR (released_by IS NOT NULL AND pay_by IS NOT NULL)))",
            "CONSTRAINT ck_payment_run_calculated CHECK (state IN ('calculating', 'failed', 'rejected')"
            " OR (total IS NOT NULL AND inputs_digest IS NOT NULL AND outputs_digest IS NOT NULL))",
        ],
        app=f"SELECT, INSERT, UPDATE ({DECISION})",
        worker="SELECT, UPDATE",
        platform="SELECT",
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_payment_run_open ON payment_run (commissioner_id, scheme_id)"
        " WHERE state IN ('calculating', 'calculated', 'approved')"
    )
    op.execute("CREATE INDEX ix_payment_run_scheme ON payment_run (commissioner_id, scheme_id, period_from)")


def _frozen() -> None:
    migrate.tenant_table(
        "payment_run_part",
        [
            "run_id uuid NOT NULL",
            "no int NOT NULL",
            *_period("payment_run_part"),
            "version_no int NOT NULL",
            # Plain json keeps the members in the author's order, in which notes are given.
            "definition json",
            "inputs_digest text NOT NULL",
            "differences boolean NOT NULL",
            # An earlier period whose inputs are those that were last posted is not worked out again.
            "changed boolean NOT NULL",
            "CONSTRAINT pk_payment_run_part PRIMARY KEY (commissioner_id, run_id, no)",
            "CONSTRAINT ck_payment_run_part_definition CHECK (changed = (definition IS NOT NULL))",
            f"CONSTRAINT fk_payment_run_part_run {RUN_KEY}",
        ],
        **FIGURES,
    )
    migrate.tenant_table(
        "payment_run_input",
        [
            "run_id uuid NOT NULL",
            "part_no int NOT NULL",
            "practice text NOT NULL",
            "frozen jsonb",
            "posted jsonb NOT NULL",
            "CONSTRAINT pk_payment_run_input PRIMARY KEY (commissioner_id, run_id, part_no, practice)",
            "CONSTRAINT fk_payment_run_input_part FOREIGN KEY (commissioner_id, run_id, part_no)"
            " REFERENCES payment_run_part (commissioner_id, run_id, no)",
        ],
        **FIGURES,
    )


def _statements() -> None:
    migrate.tenant_table(
        "payment_statement",
        [
            "run_id uuid NOT NULL",
            "practice text NOT NULL",
            "reference text NOT NULL",
            "total bigint NOT NULL",
            "notes jsonb NOT NULL",
            "CONSTRAINT uq_payment_statement_practice UNIQUE (commissioner_id, run_id, practice)",
            "CONSTRAINT uq_payment_statement_reference UNIQUE (commissioner_id, reference)",
            f"CONSTRAINT fk_payment_statement_run {RUN_KEY}",
        ],
        **SEEN_BY_PLATFORM,
    )
    op.execute("CREATE INDEX ix_payment_statement_practice ON payment_statement (commissioner_id, practice, id)")
    migrate.tenant_table(
        "payment_line",
        [
            "statement_id uuid NOT NULL",
            "no int NOT NULL",
            "component text NOT NULL",
            "kind text NOT NULL CONSTRAINT ck_payment_line_kind CHECK (kind IN ('entitlement', 'adjustment'))",
            *_period("payment_line"),
            "quantity text",
            "rate text",
            "amount bigint NOT NULL",
            "payee_type text NOT NULL",
            "payee_code text NOT NULL",
            "sentence text NOT NULL",
            "workings jsonb NOT NULL",
            "blocked boolean NOT NULL",
            "CONSTRAINT pk_payment_line PRIMARY KEY (commissioner_id, statement_id, no)",
            PAYEE.format("payment_line"),
            f"CONSTRAINT fk_payment_line_statement {STATEMENT_KEY}",
        ],
        **FIGURES,
    )
    migrate.tenant_table(
        "payment",
        [
            "statement_id uuid NOT NULL",
            "reference text NOT NULL CONSTRAINT ck_payment_reference CHECK (reference ~ '^[A-Z0-9]{1,18}$')",
            "payee_type text NOT NULL",
            "payee_code text NOT NULL",
            "payee_name text",
            "total bigint NOT NULL",
            "brought_forward bigint NOT NULL",
            "payable bigint NOT NULL",
            "carried_forward bigint NOT NULL",
            "CONSTRAINT uq_payment_reference UNIQUE (commissioner_id, reference)",
            "CONSTRAINT uq_payment_payee UNIQUE (commissioner_id, statement_id, payee_type, payee_code)",
            PAYEE.format("payment"),
            "CONSTRAINT ck_payment_payable CHECK (payable >= 0 AND carried_forward <= 0 AND brought_forward <= 0"
            " AND total + brought_forward = payable + carried_forward)",
            f"CONSTRAINT fk_payment_statement {STATEMENT_KEY}",
        ],
        **SEEN_BY_PLATFORM,
    )


def _acknowledgements() -> None:
    migrate.tenant_table(
        "payment_acknowledgement",
        [
            "run_id uuid NOT NULL",
            "payment_id uuid NOT NULL",
            "outcome text NOT NULL CONSTRAINT ck_payment_acknowledgement_outcome"
            " CHECK (outcome IN ('accepted', 'paid', 'rejected'))",
            "paid_on date",
            "reason text",
            "recorded_by uuid NOT NULL",
            "recorded_at timestamptz NOT NULL",
            "CONSTRAINT ck_payment_acknowledgement_paid CHECK ((outcome = 'paid') = (paid_on IS NOT NULL))",
            "CONSTRAINT ck_payment_acknowledgement_reason CHECK (outcome <> 'rejected' OR reason IS NOT NULL)",
            # The same answer loaded twice is one answer.
            "CONSTRAINT uq_payment_acknowledgement UNIQUE NULLS NOT DISTINCT"
            " (commissioner_id, payment_id, outcome, paid_on, reason)",
            f"CONSTRAINT fk_payment_acknowledgement_run {RUN_KEY}",
            "CONSTRAINT fk_payment_acknowledgement_payment FOREIGN KEY (commissioner_id, payment_id)"
            " REFERENCES payment (commissioner_id, id)",
        ],
        app="SELECT, INSERT",
        worker="SELECT",
    )
    op.execute("CREATE INDEX ix_payment_acknowledgement_run ON payment_acknowledgement (commissioner_id, run_id, id)")


def _figures() -> None:
    """What /metrics shows across tenants: how many releases no ledger has answered."""
    lookup = migrate.role("lookup")
    op.execute(f"GRANT SELECT ON payment_run TO {lookup}")
    migrate.open_policy("payment_run", "lookup", command_="SELECT")
    op.execute(
        """
CREATE FUNCTION unacknowledged_releases() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(*) FROM public.payment_run WHERE state = 'released' AND file_count > 0
$$"""
    )
    op.execute(
        "CREATE INDEX ix_payment_run_unacknowledged ON payment_run (released_at)"
        " WHERE state = 'released' AND file_count > 0"
    )
    op.execute("REVOKE ALL ON FUNCTION unacknowledged_releases() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION unacknowledged_releases() TO {migrate.role('platform')}")
    op.execute(f"ALTER FUNCTION unacknowledged_releases() OWNER TO {lookup}")


def _period(table: str) -> list[str]:
    return ["period_from date NOT NULL", "period_until date NOT NULL", PERIOD.format(table)]


def downgrade() -> None:
    op.execute("DROP FUNCTION unacknowledged_releases()")
    tables = ("payment_acknowledgement", "payment", "payment_line", "payment_statement")
    for table in (*tables, "payment_run_input", "payment_run_part", "payment_run"):
        op.execute(f"DROP TABLE {table}")
