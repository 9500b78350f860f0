"""Whom each event of the change feed concerns, where not everybody sees every one of its kind."""

from alembic import op
from app.core import migrate

revision = "0044_concerns"
down_revision = "0043_channels"

# What is there already is told as it will be from now on, as far as its rows still say whom it concerns; the rest is told
# to those alone who see every one.
_BACKFILL = """
UPDATE event e SET concerns = coalesce(CASE e.resource
  WHEN 'claim' THEN (SELECT ARRAY['practice:' || c.practice] FROM claim c
    WHERE c.commissioner_id = e.commissioner_id AND c.id::text = e.subject)
  WHEN 'payment_query' THEN (SELECT ARRAY['practice:' || q.practice, 'decided']
      || CASE WHEN q.shared_at IS NOT NULL THEN ARRAY['shared', 'shared:' || q.practice] ELSE '{}' END
    FROM payment_query q WHERE q.commissioner_id = e.commissioner_id AND q.id::text = e.subject)
  ELSE (SELECT ARRAY['sent:anywhere'] || CASE WHEN p.places IS NULL THEN ARRAY['sent'] ELSE '{}' END
      || coalesce((SELECT array_agg('sent:' || place) FROM unnest(p.places) AS place), '{}')
      || CASE WHEN a.on_intranet THEN ARRAY['intranet'] || coalesce(p.places, ARRAY['everybody']) ELSE '{}' END
    FROM announcement a CROSS JOIN LATERAL (
      SELECT array_agg(place) AS places FROM (
        SELECT 'locality:' || jsonb_array_elements_text(nullif(a.audience -> 'localities', 'null'))
        UNION ALL SELECT 'practice:' || jsonb_array_elements_text(nullif(a.audience -> 'practices', 'null'))
      ) AS named(place)) p
    WHERE a.commissioner_id = e.commissioner_id AND a.id::text = e.subject)
END, '{}') WHERE e.resource IN ('claim', 'payment_query', 'announcement')"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE event ADD COLUMN concerns text[]")
    migrate.without_force(_BACKFILL, "event", "claim", "payment_query", "announcement")


def downgrade() -> None:
    op.execute("ALTER TABLE event DROP COLUMN concerns")
