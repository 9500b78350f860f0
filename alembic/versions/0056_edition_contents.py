"""What stands in an edition that was sent, so that each reader of a newsletter is told of the items of their editions alone."""

from alembic import op

revision = "0056_edition_contents"
down_revision = "0055_teams_channels"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # Of editions sent before nobody knows which items they had; their words are kept.
    op.execute("ALTER TABLE newsletter_edition ADD COLUMN contents jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE newsletter_edition DROP COLUMN contents")
