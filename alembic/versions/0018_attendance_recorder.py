"""Who sent the list that an attendance stands on, so that the evidence it becomes names them."""

from alembic import op

revision = "0018_attendance_recorder"
down_revision = "0017_refused_changes"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE attendance ADD COLUMN recorded_by uuid")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE attendance DROP COLUMN recorded_by")
