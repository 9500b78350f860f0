"""How each way out is doing: when it last took something, what it said last, and when the office was told of a break."""

from alembic import op
from app.core import migrate

revision = "0062_health"
down_revision = "0061_push"
SEEN = "last_error, last_error_at, last_success_at"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("message_provider", "teams_channel"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN last_error text, ADD COLUMN last_error_at timestamptz,"
            " ADD COLUMN last_success_at timestamptz"
        )
        migrate.grant(table, worker=f"UPDATE ({SEEN})")
    op.execute("ALTER TABLE message_provider ADD COLUMN told_at timestamptz")
    migrate.grant("message_provider", worker="UPDATE (told_at)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE message_provider DROP COLUMN told_at")
    for table in ("message_provider", "teams_channel"):
        op.execute(
            f"ALTER TABLE {table} DROP COLUMN last_error, DROP COLUMN last_error_at, DROP COLUMN last_success_at"
        )
