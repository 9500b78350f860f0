"""For which other practices somebody was asked to read something, and the day on which an announcement was last seen to."""

from alembic import op
from app.core import migrate

revision = "0060_reading"
down_revision = "0059_texts"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE announcement ADD COLUMN seen_to_on date")
    migrate.grant("announcement", worker="UPDATE (seen_to_on)")
    migrate.tenant_table(
        "also_asked",
        [
            # The version's own message, beside its deliveries: what an office reads of one announcement.
            "message_id uuid NOT NULL",
            "delivery_id uuid NOT NULL",
            "practice text NOT NULL",
            "CONSTRAINT pk_also_asked PRIMARY KEY (commissioner_id, message_id, delivery_id, practice)",
            "CONSTRAINT fk_also_asked_delivery FOREIGN KEY (commissioner_id, delivery_id)"
            " REFERENCES delivery (commissioner_id, id) ON DELETE CASCADE",
        ],
        app="SELECT",
        worker="SELECT, INSERT",
    )
    # By which the rows of a delivery go with it.
    op.execute("CREATE INDEX ix_also_asked_delivery ON also_asked (commissioner_id, delivery_id)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE also_asked")
    op.execute(f"REVOKE UPDATE (seen_to_on) ON announcement FROM {migrate.role('worker')}")
    op.execute("ALTER TABLE announcement DROP COLUMN seen_to_on")
