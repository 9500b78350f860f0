"""What a person wants by text message and at which number; deliveries that go by text or to browsers."""

from alembic import op
from app.core import migrate

revision = "0059_texts"
down_revision = "0058_digest_contents"


def upgrade() -> None:
    _channels("'email', 'inbox', 'text', 'push'")
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        """ALTER TABLE message_preference
  ADD COLUMN mobile text CONSTRAINT ck_message_preference_mobile CHECK (mobile ~ '^[+]447[0-9]{9}$'),
  ADD COLUMN texts text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT ck_message_preference_texts CHECK (mobile IS NOT NULL OR texts = '{}')"""
    )


def _channels(channels: str) -> None:
    """Deliveries are written all the time, so those that are there are looked at without keeping anybody from them. Done
    again after it was cut short it does the same.
    """
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("SET statement_timeout = '15min'")
        op.execute(
            "ALTER TABLE delivery DROP CONSTRAINT IF EXISTS ck_delivery_channel, ADD CONSTRAINT ck_delivery_channel"
            f" CHECK (channel IN ({channels})) NOT VALID"
        )
        op.execute("ALTER TABLE delivery VALIDATE CONSTRAINT ck_delivery_channel")


def downgrade() -> None:
    """Copies that went by other ways go; what was read and acknowledged is the first, which stays."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.without_force("DELETE FROM delivery WHERE channel IN ('text', 'push')", "delivery")
    _channels("'email', 'inbox'")
    op.execute("ALTER TABLE message_preference DROP COLUMN texts, DROP COLUMN mobile")
