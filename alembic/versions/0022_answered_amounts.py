"""What a ledger says it has paid may be another amount than it was given: kept, and the run is not finished by it."""

from alembic import op

revision = "0022_answered_amounts"
down_revision = "0021_suppliers"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "ALTER TABLE payment_acknowledgement ADD COLUMN amount bigint"
        " CONSTRAINT ck_payment_acknowledgement_amount CHECK (amount >= 0)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE payment_acknowledgement DROP COLUMN amount")
