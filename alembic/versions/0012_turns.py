"""An index by which each tenant's oldest due jobs are found without reading another tenant's."""

from alembic import op

revision = "0012_turns"
down_revision = "0011_due_jobs"


def upgrade() -> None:
    # The table may be large and is written all the time, so the index is built beside the running release. A build that
    # was cut short leaves an index that is not valid, hence the drop.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("SET statement_timeout = '15min'")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_job_turn")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_job_turn ON job (queue, commissioner_id, run_at, id) WHERE state = 'queued'"
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("SET statement_timeout = '15min'")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_job_turn")
