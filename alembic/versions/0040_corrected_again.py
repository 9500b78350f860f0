"""A correction that was approved may be corrected by another; one of a query waits to be decided at a time."""

from alembic import op

revision = "0040_corrected_again"
down_revision = "0039_journals_sent"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX uq_payment_correction_query")
    op.execute(
        "CREATE UNIQUE INDEX uq_payment_correction_query ON payment_correction (commissioner_id, query_id)"
        " WHERE state = 'proposed'"
    )
    # The old one found a query's corrections as well.
    op.execute("CREATE INDEX ix_payment_correction_query ON payment_correction (commissioner_id, query_id, id)")


def downgrade() -> None:
    """Fails where a correction was corrected: the release before would show one of the amounts alone."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_payment_correction_query")
    op.execute("DROP INDEX uq_payment_correction_query")
    op.execute(
        "CREATE UNIQUE INDEX uq_payment_correction_query ON payment_correction (commissioner_id, query_id)"
        " WHERE state <> 'refused'"
    )
