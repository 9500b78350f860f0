"""The figures of the queues count what a dead worker left: work whose lease ran out is due."""

from alembic import op
from app.core import migrate

revision = "0011_due_jobs"
down_revision = "0010_communications"

_QUEUED = """(SELECT min(j.run_at) FROM public.job j
                          WHERE j.queue = q.queue AND j.state = 'queued' AND j.run_at <= clock_timestamp())"""
_LEFT = """(SELECT min(j.lease_until) FROM public.job j
                          WHERE j.queue = q.queue AND j.state = 'running' AND j.lease_until < clock_timestamp())"""


def upgrade() -> None:
    _count(f"least({_QUEUED},\n                         {_LEFT})")


def downgrade() -> None:
    _count(_QUEUED)


def _count(oldest: str) -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # As the role that owns it: the owner of the tables may not replace it.
    op.execute(f"SET LOCAL ROLE {migrate.role('lookup')}")
    op.execute(
        f"""
CREATE OR REPLACE FUNCTION queue_figures() RETURNS TABLE (queue text, oldest_due float8, parked bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT q.queue, coalesce(extract(epoch FROM clock_timestamp() -
                    {oldest}), 0)::float8,
         (SELECT count(*) FROM public.job j WHERE j.queue = q.queue AND j.state = 'parked')
  FROM unnest(ARRAY['payments', 'notifications', 'documents', 'default']) AS q(queue)
$$"""
    )
    op.execute("RESET ROLE")
