"""A ledger may give the same answer again after another one: a payment that comes back twice, for the same reason."""

from alembic import op

revision = "0016_answers_again"
down_revision = "0015_operation_starter"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # It is gone already where this was undone once: see below.
    op.execute("ALTER TABLE payment_acknowledgement DROP CONSTRAINT IF EXISTS uq_payment_acknowledgement")
    op.execute(
        "CREATE INDEX ix_payment_acknowledgement_payment ON payment_acknowledgement (commissioner_id, payment_id, id)"
    )


# Rows that were allowed meanwhile cannot go: a rejected payment must not look paid. So the constraint is not put back.
def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_payment_acknowledgement_payment")
