"""A change of a practice that does not fit any more on its day is refused, and says why."""

from alembic import op

revision = "0017_refused_changes"
down_revision = "0016_answers_again"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE practice_change ADD COLUMN refused_at timestamptz, ADD COLUMN problem jsonb")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE practice_change DROP COLUMN refused_at, DROP COLUMN problem")
