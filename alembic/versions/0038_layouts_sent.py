"""A sending keeps the layout as it was, so that the file can be made again to the byte."""

from alembic import op

revision = "0038_layouts_sent"
down_revision = "0037_claims_declared"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE payment_sending ADD COLUMN layout_terms jsonb")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE payment_sending DROP COLUMN layout_terms")
