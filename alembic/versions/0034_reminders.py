"""Reminders of offers that wait for an answer and of claims that wait to be declared, each of them once."""

from alembic import op
from app.core import migrate

revision = "0034_reminders"
down_revision = "0033_budget_ceiling"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # The day to respond by of which the practice was reminded: an offer that is made again has another one.
    op.execute("ALTER TABLE participation ADD COLUMN reminded_for date")
    migrate.grant("participation", worker="UPDATE (reminded_for)")
    migrate.tenant_table(
        "claim_reminder",
        [
            "scheme_id uuid NOT NULL",
            "period_from date NOT NULL",
            "period_until date NOT NULL",
            "practice text NOT NULL",
            "sent_on date NOT NULL",
            "CONSTRAINT pk_claim_reminder PRIMARY KEY (commissioner_id, scheme_id, period_from, period_until, practice)",
            "CONSTRAINT fk_claim_reminder_scheme FOREIGN KEY (commissioner_id, scheme_id)"
            " REFERENCES scheme (commissioner_id, id)",
        ],
        app="SELECT",
        worker="SELECT, INSERT",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE claim_reminder")
    op.execute(f"REVOKE UPDATE (reminded_for) ON participation FROM {migrate.role('worker')}")
    op.execute("ALTER TABLE participation DROP COLUMN reminded_for")
