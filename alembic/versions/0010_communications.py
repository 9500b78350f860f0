"""Announcements, what was written in each message, who was to get it, and what people do not want by mail."""

from alembic import op
from app.core import migrate

revision = "0010_communications"
down_revision = "0009_payments"

URGENCY = "CHECK (urgency IN ('routine', 'important', 'critical'))"
STATES = "('queued', 'attempting', 'sent', 'delivered', 'failed', 'parked', 'suppressed', 'in_doubt')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _announcements()
    _messages()
    _deliveries()
    migrate.tenant_table(
        "message_preference",
        [
            "person_id uuid NOT NULL",
            "muted text[] NOT NULL",
            "changed_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT pk_message_preference PRIMARY KEY (commissioner_id, person_id)",
            "CONSTRAINT fk_message_preference_person FOREIGN KEY (commissioner_id, person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, DELETE",
    )


def _announcements() -> None:
    migrate.tenant_table(
        "announcement",
        [
            "title text NOT NULL",
            "body_markdown text NOT NULL",
            "body_html text NOT NULL",
            "audience jsonb NOT NULL",
            "channels text[] NOT NULL",
            f"urgency text NOT NULL CONSTRAINT ck_announcement_urgency {URGENCY}",
            "on_intranet boolean NOT NULL",
            "must_acknowledge_by date",
            "author_person_id uuid",
            "operation_id uuid NOT NULL",
            "published_at timestamptz NOT NULL",
            "withdrawn_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT fk_announcement_author FOREIGN KEY (commissioner_id, author_person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute("CREATE INDEX ix_announcement_published ON announcement (commissioner_id, published_at, id)")


def _messages() -> None:
    """What was said: one for an announcement, one for each practice where the words differ from practice to practice."""
    migrate.tenant_table(
        "message",
        [
            "source text NOT NULL",
            "source_id text NOT NULL",
            # Which time it happened, where it can happen again to the same thing: a second offer is told again.
            "occasion text NOT NULL",
            "practice text",
            "topic text NOT NULL",
            f"urgency text NOT NULL CONSTRAINT ck_message_urgency {URGENCY}",
            "subject text NOT NULL",
            "body_text text NOT NULL",
            "body_html text NOT NULL",
            "must_acknowledge_by date",
            "created_at timestamptz NOT NULL",
            "CONSTRAINT uq_message_source UNIQUE NULLS NOT DISTINCT (commissioner_id, source, source_id, occasion, practice)",
        ],
        app="SELECT",
        worker="SELECT, INSERT, DELETE",
    )


def _deliveries() -> None:
    migrate.tenant_table(
        "delivery",
        [
            "message_id uuid NOT NULL",
            # `person:<id>` or `mailbox:<address>`: somebody who is meant twice is told once.
            "recipient text NOT NULL",
            "person_id uuid",
            "practice text",
            "name text",
            "address text",
            "channel text NOT NULL CONSTRAINT ck_delivery_channel CHECK (channel IN ('email', 'inbox'))",
            "in_inbox boolean NOT NULL",
            f"state text NOT NULL CONSTRAINT ck_delivery_state CHECK (state IN {STATES})",
            # The job that may send it. A row belongs to one live job at a time, whose fence guards it.
            "batch uuid",
            "attempts int NOT NULL DEFAULT 0",
            "doubts int NOT NULL DEFAULT 0",
            "detail text",
            "created_at timestamptz NOT NULL",
            "sent_at timestamptz",
            "acknowledged_at timestamptz",
            "CONSTRAINT uq_delivery_recipient UNIQUE (commissioner_id, message_id, recipient)",
            "CONSTRAINT fk_delivery_message FOREIGN KEY (commissioner_id, message_id)"
            " REFERENCES message (commissioner_id, id)",
            "CONSTRAINT fk_delivery_person FOREIGN KEY (commissioner_id, person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, UPDATE",
        worker="SELECT, INSERT, UPDATE, DELETE",
    )
    # State is in no index and pages have room, so that the three updates of each row stay on its page.
    op.execute("ALTER TABLE delivery SET (fillfactor = 70)")
    op.execute("CREATE INDEX ix_delivery_batch ON delivery (commissioner_id, batch)")
    op.execute("CREATE INDEX ix_delivery_inbox ON delivery (commissioner_id, person_id, id) WHERE in_inbox")
    op.execute("CREATE INDEX ix_delivery_created ON delivery (commissioner_id, created_at)")


def downgrade() -> None:
    for table in ("message_preference", "delivery", "message", "announcement"):
        op.execute(f"DROP TABLE {table}")
