"""Channels in Microsoft Teams into which a commissioner's announcements are posted."""

from alembic import op
from app.core import migrate

revision = "0055_teams_channels"
down_revision = "0054_newsletters"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "teams_channel",
        [
            "name text NOT NULL",
            # Sealed: whoever has the address may post.
            "url text NOT NULL",
            "locality_id uuid",
            "topics text[] NOT NULL",
            "fault text",
            "broken_at timestamptz",
            "created_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT uq_teams_channel_name UNIQUE (commissioner_id, name)",
            "CONSTRAINT fk_teams_channel_locality FOREIGN KEY (commissioner_id, locality_id)"
            " REFERENCES locality (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, UPDATE (fault, broken_at)",
    )


def downgrade() -> None:
    op.execute("DROP TABLE teams_channel")
