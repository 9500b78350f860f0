"""Wording of a commissioner's own for each kind of message, in versions; and which one a message was written in."""

from alembic import op
from app.core import migrate

revision = "0047_message_templates"
down_revision = "0046_feeds"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "message_template",
        [
            "kind text NOT NULL",
            "n int NOT NULL CONSTRAINT ck_message_template_n CHECK (n > 0)",
            "subject text NOT NULL",
            "body text NOT NULL",
            "reason text NOT NULL",
            "state text NOT NULL CONSTRAINT ck_message_template_state CHECK (state IN ('draft', 'published', 'withdrawn'))",
            # People by id, without a foreign key: what was said outlives the erasure of whoever worded it.
            "written_by uuid",
            "written_at timestamptz NOT NULL",
            "published_by uuid",
            "published_at timestamptz",
            "withdrawn_by uuid",
            "withdrawn_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT uq_message_template_n UNIQUE (commissioner_id, kind, n)",
            "CONSTRAINT ck_message_template_told CHECK ((published_at IS NULL) = (state = 'draft')"
            " AND (withdrawn_at IS NOT NULL) = (state = 'withdrawn'))",
        ],
        app="SELECT, INSERT, UPDATE (state, published_by, published_at, withdrawn_by, withdrawn_at, version)",
        worker="SELECT",
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_message_template_published ON message_template (commissioner_id, kind)"
        " WHERE state = 'published'"
    )
    op.execute(
        "ALTER TABLE message ADD COLUMN template text, ADD COLUMN template_version int,"
        " ADD CONSTRAINT ck_message_template CHECK (template IS NOT NULL OR template_version IS NULL)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE message DROP COLUMN template, DROP COLUMN template_version")
    op.execute("DROP TABLE message_template")
