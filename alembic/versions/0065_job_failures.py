"""How often a job has said that it failed, beside how often it was begun."""

from alembic import op

revision = "0065_job_failures"
down_revision = "0064_mobile_confirmed"


def upgrade() -> None:
    """What a job was begun for so far counts as losses, of which it may have more than it had attempts."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE job ADD COLUMN failures int NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE job DROP COLUMN failures")
