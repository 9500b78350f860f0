"""By which supplier and site number a ledger knows who is paid; set by two people."""

from alembic import op
from app.core import migrate

revision = "0021_suppliers"
down_revision = "0020_late_runs"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "supplier",
        [
            "payee_type text NOT NULL CONSTRAINT ck_supplier_payee CHECK (payee_type IN ('practice', 'organisation'))",
            "payee_code text NOT NULL",
            "supplier_number text NOT NULL",
            "site text NOT NULL",
            "reason text NOT NULL",
            "state text NOT NULL CONSTRAINT ck_supplier_state"
            " CHECK (state IN ('proposed', 'withdrawn', 'confirmed', 'replaced'))",
            # People by id, without a foreign key: a decision outlives the erasure of whoever took it.
            "proposed_by uuid NOT NULL",
            "proposed_at timestamptz NOT NULL",
            "confirmed_by uuid",
            "confirmed_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_supplier_confirmed CHECK ((state IN ('confirmed', 'replaced')) = (confirmed_at IS NOT NULL)"
            " AND (confirmed_by IS NULL) = (confirmed_at IS NULL))",
            # Two different people, whatever path leads to the row.
            "CONSTRAINT ck_supplier_people CHECK (confirmed_by <> proposed_by)",
        ],
        # What was proposed never changes: another number is another proposal.
        app="SELECT, INSERT, UPDATE (state, confirmed_by, confirmed_at, version)",
        worker="SELECT",
    )
    for state in ("proposed", "confirmed"):
        op.execute(
            f"CREATE UNIQUE INDEX uq_supplier_{state} ON supplier (commissioner_id, payee_type, payee_code)"
            f" WHERE state = '{state}'"
        )
    op.execute("CREATE INDEX ix_supplier_payee ON supplier (commissioner_id, payee_code, id)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE supplier")
