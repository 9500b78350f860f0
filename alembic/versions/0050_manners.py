"""When and how a person wants to be told: digests, quiet hours; what waits for them; words for one person alone."""

from alembic import op
from app.core import migrate

revision = "0050_manners"
down_revision = "0049_webhooks"

BEFORE = "'queued', 'attempting', 'sent', 'delivered', 'failed', 'parked', 'suppressed', 'in_doubt', 'withdrawn'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        """ALTER TABLE message_preference
  ADD COLUMN daily text[] NOT NULL DEFAULT '{}',
  ADD COLUMN weekly text[] NOT NULL DEFAULT '{}',
  ADD COLUMN digest_hour smallint NOT NULL DEFAULT 7
    CONSTRAINT ck_message_preference_digest_hour CHECK (digest_hour BETWEEN 0 AND 23),
  ADD COLUMN digest_weekday smallint NOT NULL DEFAULT 1
    CONSTRAINT ck_message_preference_digest_weekday CHECK (digest_weekday BETWEEN 1 AND 7),
  ADD COLUMN quiet_from smallint,
  ADD COLUMN quiet_until smallint,
  ADD CONSTRAINT ck_message_preference_quiet CHECK (
    (quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from IS DISTINCT FROM coalesce(quiet_until, -1)
    AND coalesce(quiet_from, 0) BETWEEN 0 AND 23 AND coalesce(quiet_until, 0) BETWEEN 0 AND 23)"""
    )
    op.execute("ALTER TABLE message ADD COLUMN person_id uuid")
    op.execute("ALTER TABLE message DROP CONSTRAINT uq_message_source")
    op.execute(
        "ALTER TABLE message ADD CONSTRAINT uq_message_source UNIQUE NULLS NOT DISTINCT"
        " (commissioner_id, source, source_id, occasion, practice, person_id)"
    )
    op.execute("ALTER TABLE delivery ADD COLUMN not_before timestamptz, ADD COLUMN digest_id uuid")
    _states(f"{BEFORE}, 'held', 'digested'")
    op.execute(
        "CREATE INDEX ix_delivery_held ON delivery (commissioner_id, not_before, person_id) WHERE digest_id IS NULL"
        " AND not_before IS NOT NULL AND batch IS NULL"
    )


def _states(states: str) -> None:
    op.execute("ALTER TABLE delivery DROP CONSTRAINT ck_delivery_state")
    op.execute(f"ALTER TABLE delivery ADD CONSTRAINT ck_delivery_state CHECK (state IN ({states}))")


def downgrade() -> None:
    """What waits for a digest stays in the inbox; the release before knows no digests."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_delivery_held")
    migrate.without_force("UPDATE delivery SET state = 'suppressed' WHERE state IN ('held', 'digested')", "delivery")
    _states(BEFORE)
    op.execute("ALTER TABLE delivery DROP COLUMN not_before, DROP COLUMN digest_id")
    op.execute("ALTER TABLE message DROP CONSTRAINT uq_message_source")
    op.execute(
        "ALTER TABLE message ADD CONSTRAINT uq_message_source UNIQUE NULLS NOT DISTINCT"
        " (commissioner_id, source, source_id, occasion, practice)"
    )
    op.execute("ALTER TABLE message DROP COLUMN person_id")
    op.execute(
        "ALTER TABLE message_preference DROP COLUMN daily, DROP COLUMN weekly, DROP COLUMN digest_hour,"
        " DROP COLUMN digest_weekday, DROP COLUMN quiet_from, DROP COLUMN quiet_until"
    )
