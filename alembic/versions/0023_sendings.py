"""When a run's file left for the ledger, by whose hand, and why it left again."""

from alembic import op
from app.core import migrate

revision = "0023_sendings"
down_revision = "0022_answered_amounts"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "payment_sending",
        [
            "run_id uuid NOT NULL",
            "format text NOT NULL",
            "digest text NOT NULL",
            "payments int NOT NULL",
            "total bigint NOT NULL",
            "override_reason text",
            # An id without a foreign key: the record outlives the erasure of whoever sent.
            "sent_by uuid NOT NULL",
            "sent_at timestamptz NOT NULL",
            "CONSTRAINT fk_payment_sending_run FOREIGN KEY (commissioner_id, run_id)"
            " REFERENCES payment_run (commissioner_id, id)",
        ],
        app="SELECT, INSERT",
        worker="SELECT",
    )
    # Of any number of people who send at once, one needs no reason.
    op.execute(
        "CREATE UNIQUE INDEX uq_payment_sending_first ON payment_sending (commissioner_id, run_id)"
        " WHERE override_reason IS NULL"
    )
    op.execute("CREATE INDEX ix_payment_sending_run ON payment_sending (commissioner_id, run_id, id)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE payment_sending")
