"""The figures of the queues count every queue; and deliveries that failed are found among the many that did not."""

from alembic import op
from app.core import migrate

revision = "0053_webhook_figures"
down_revision = "0052_must_read"

ALL = "'payments', 'notifications', 'bulk', 'webhooks', 'documents', 'default'"
BEFORE = "'payments', 'notifications', 'documents', 'default'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE INDEX ix_webhook_delivery_failed ON webhook_delivery (commissioner_id, endpoint_id, state, event_id)"
        " WHERE state IN ('failed', 'withdrawn')"
    )
    _count(ALL)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP INDEX ix_webhook_delivery_failed")
    _count(BEFORE)


def _count(queues: str) -> None:
    # As the role that owns it: the owner of the tables may not replace it.
    op.execute(f"SET LOCAL ROLE {migrate.role('lookup')}")
    op.execute(
        f"""
CREATE OR REPLACE FUNCTION queue_figures() RETURNS TABLE (queue text, oldest_due float8, parked bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT q.queue, coalesce(extract(epoch FROM clock_timestamp() -
                    least((SELECT min(j.run_at) FROM public.job j
                           WHERE j.queue = q.queue AND j.state = 'queued' AND j.run_at <= clock_timestamp()),
                          (SELECT min(j.lease_until) FROM public.job j
                           WHERE j.queue = q.queue AND j.state = 'running' AND j.lease_until < clock_timestamp()))), 0)::float8,
         (SELECT count(*) FROM public.job j WHERE j.queue = q.queue AND j.state = 'parked')
  FROM unnest(ARRAY[{queues}]) AS q(queue)
$$"""
    )
    op.execute("RESET ROLE")
