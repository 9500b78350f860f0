"""Newsletters, and the editions of each as they were sent."""

from alembic import op
from app.core import migrate

revision = "0054_newsletters"
down_revision = "0053_webhook_figures"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    migrate.tenant_table(
        "newsletter",
        [
            "title text NOT NULL",
            "intro_markdown text NOT NULL",
            "since timestamptz NOT NULL",
            "until timestamptz NOT NULL",
            "localities uuid[] NOT NULL",
            "for_commissioner boolean NOT NULL",
            "items jsonb NOT NULL",
            "on_intranet boolean NOT NULL",
            "state text NOT NULL CONSTRAINT ck_newsletter_state CHECK (state IN ('draft', 'scheduled', 'sent'))",
            "send_at timestamptz",
            "sent_at timestamptz",
            "author_person_id uuid",
            "created_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_newsletter_scheduled CHECK (state <> 'scheduled' OR send_at IS NOT NULL)",
            "CONSTRAINT fk_newsletter_author FOREIGN KEY (commissioner_id, author_person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, UPDATE",
    )
    migrate.tenant_table(
        "newsletter_edition",
        [
            "newsletter_id uuid NOT NULL",
            "locality_id uuid",
            "state text NOT NULL CONSTRAINT ck_newsletter_edition_state CHECK (state IN ('sent', 'empty'))",
            "items int NOT NULL",
            "body_markdown text NOT NULL",
            "body_text text NOT NULL",
            "body_html text NOT NULL",
            "sent_at timestamptz NOT NULL",
            "CONSTRAINT uq_newsletter_edition UNIQUE NULLS NOT DISTINCT (commissioner_id, newsletter_id, locality_id)",
            "CONSTRAINT fk_newsletter_edition_newsletter FOREIGN KEY (commissioner_id, newsletter_id)"
            " REFERENCES newsletter (commissioner_id, id)",
            "CONSTRAINT fk_newsletter_edition_locality FOREIGN KEY (commissioner_id, locality_id)"
            " REFERENCES locality (commissioner_id, id)",
        ],
        app="SELECT",
        worker="SELECT, INSERT",
    )


def downgrade() -> None:
    op.execute("DROP TABLE newsletter_edition")
    op.execute("DROP TABLE newsletter")
