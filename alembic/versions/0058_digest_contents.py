"""What is in a digest is looked at again before it goes: by an index, and with the right to write it without what went."""

from alembic import op
from app.core import migrate

revision = "0058_digest_contents"
down_revision = "0057_session_requests"

WORDS = "subject, body_text, body_html"


def upgrade() -> None:
    # Deliveries are written all the time, so the index is built beside the running release. A build that was cut short
    # leaves an index that is not valid, hence the drop.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("SET statement_timeout = '15min'")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_delivery_digest")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_delivery_digest ON delivery (commissioner_id, digest_id)"
            " WHERE digest_id IS NOT NULL"
        )
        migrate.grant("message", worker=f"UPDATE ({WORDS})")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("SET statement_timeout = '15min'")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_delivery_digest")
        op.execute(f"REVOKE UPDATE ({WORDS}) ON message FROM {migrate.role('worker')}")
