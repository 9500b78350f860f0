"""A run freezes the corrections that it is worked out from."""

from alembic import op

revision = "0030_corrections"
down_revision = "0029_bookings"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE payment_run_input ADD COLUMN corrections jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE payment_run_input DROP COLUMN corrections")
