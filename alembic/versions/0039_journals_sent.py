"""A run's journal is sent beside its payments: each of them once without a reason."""

from alembic import op
from app.core import migrate

revision = "0039_journals_sent"
down_revision = "0038_layouts_sent"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX uq_payment_sending_first")
    op.execute(
        "CREATE UNIQUE INDEX uq_payment_sending_first ON payment_sending (commissioner_id, run_id, (format = 'journal'))"
        " WHERE override_reason IS NULL"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # The release before knows one file of a run: journals that were sent beside it stay on record with a reason.
    migrate.without_force(
        "UPDATE payment_sending SET override_reason = 'The journal beside the payments.'"
        " WHERE format = 'journal' AND override_reason IS NULL",
        "payment_sending",
    )
    op.execute("DROP INDEX uq_payment_sending_first")
    op.execute(
        "CREATE UNIQUE INDEX uq_payment_sending_first ON payment_sending (commissioner_id, run_id)"
        " WHERE override_reason IS NULL"
    )
