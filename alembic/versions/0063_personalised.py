"""Whether an announcement's text is another for each practice."""

from alembic import op

revision = "0063_personalised"
down_revision = "0062_health"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # What was written before goes out as it was written, whatever braces it has.
    op.execute("ALTER TABLE announcement ADD COLUMN is_personalised boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE announcement DROP COLUMN is_personalised")
