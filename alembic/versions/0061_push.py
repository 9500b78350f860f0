"""Browsers in which a person wants to be told, and of which topics."""

from alembic import op
from app.core import migrate

revision = "0061_push"
down_revision = "0060_reading"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE message_preference ADD COLUMN pushes text[] NOT NULL DEFAULT '{}'")
    migrate.tenant_table(
        "push_subscription",
        [
            "person_id uuid NOT NULL",
            # Sealed: whoever has the address and the keys may write to the browser.
            "endpoint text NOT NULL",
            "keys text NOT NULL",
            # By which the same browser is known again.
            "endpoint_digest text NOT NULL",
            # The public key of ours that the browser was told; another may not send to it.
            "server_key text NOT NULL",
            "device text",
            "created_at timestamptz NOT NULL",
            "CONSTRAINT uq_push_subscription_endpoint UNIQUE (commissioner_id, endpoint_digest)",
            "CONSTRAINT fk_push_subscription_person FOREIGN KEY (commissioner_id, person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, DELETE",
    )
    op.execute("CREATE INDEX ix_push_subscription_person ON push_subscription (commissioner_id, person_id)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE push_subscription")
    op.execute("ALTER TABLE message_preference DROP COLUMN pushes")
