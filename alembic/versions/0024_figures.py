"""Lines are stored as figures, and put in words from what their run froze; parts know what a first look at them saw."""

from alembic import op

revision = "0024_figures"
down_revision = "0023_sendings"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # Lines of earlier releases keep the words that were stored with them.
    op.execute("ALTER TABLE payment_line ALTER COLUMN sentence DROP NOT NULL, ALTER COLUMN workings DROP NOT NULL")
    op.execute("ALTER TABLE payment_run_part ADD COLUMN fingerprint text")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # The words stay nullable: lines that were written without them have none, and money is never rewritten.
    op.execute("ALTER TABLE payment_run_part DROP COLUMN fingerprint")
