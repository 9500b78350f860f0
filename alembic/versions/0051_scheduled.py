"""An announcement may wait for its moment: until then it is the office's alone."""

from alembic import op
from app.core import migrate

revision = "0051_scheduled"
down_revision = "0050_manners"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE announcement ADD COLUMN is_out boolean NOT NULL DEFAULT true")
    migrate.grant("announcement", worker="UPDATE (is_out, version)")


def downgrade() -> None:
    """What waits is published with that: the release before knows no waiting."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(f"REVOKE UPDATE (is_out, version) ON announcement FROM {migrate.role('worker')}")
    op.execute("ALTER TABLE announcement DROP COLUMN is_out")
