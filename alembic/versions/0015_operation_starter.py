"""Who started long work and by which scope, so that nobody else reads what comes of it."""

from alembic import op

revision = "0015_operation_starter"
down_revision = "0014_written_once"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE operation ADD COLUMN person_id uuid, ADD COLUMN scope text")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE operation DROP COLUMN person_id, DROP COLUMN scope")
