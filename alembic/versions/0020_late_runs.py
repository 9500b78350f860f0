"""Runs that are late, by what is late about them: each is told once to whoever looks after it."""

from alembic import op
from app.core import migrate

revision = "0020_late_runs"
down_revision = "0019_run_terms"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "payment_run_alert",
        [
            "run_id uuid NOT NULL",
            "because text NOT NULL CONSTRAINT ck_payment_run_alert_because CHECK (because IN ('unpaid', 'unanswered'))",
            "raised_at timestamptz NOT NULL",
            "CONSTRAINT pk_payment_run_alert PRIMARY KEY (commissioner_id, run_id, because)",
            "CONSTRAINT fk_payment_run_alert_run FOREIGN KEY (commissioner_id, run_id)"
            " REFERENCES payment_run (commissioner_id, id)",
        ],
        app="SELECT",
        worker="SELECT, INSERT",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE payment_run_alert")
