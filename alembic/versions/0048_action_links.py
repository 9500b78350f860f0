"""What became of the links in mails, and addresses that want no routine mail on a topic."""

from alembic import op
from app.core import migrate

revision = "0048_action_links"
down_revision = "0047_message_templates"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "action_link_use",
        [
            "delivery_id uuid NOT NULL",
            "wrong_names int NOT NULL DEFAULT 0",
            "used_at timestamptz",
            "person_id uuid",
            "submission text",
            "outcome text",
            "CONSTRAINT pk_action_link_use PRIMARY KEY (commissioner_id, delivery_id)",
            "CONSTRAINT ck_action_link_use_whole CHECK ((used_at IS NULL) = (submission IS NULL)"
            " AND (used_at IS NULL) = (person_id IS NULL) AND (used_at IS NULL) = (outcome IS NULL))",
            # It goes with the delivery, after 24 months.
            "CONSTRAINT fk_action_link_use_delivery FOREIGN KEY (commissioner_id, delivery_id)"
            " REFERENCES delivery (commissioner_id, id) ON DELETE CASCADE",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, DELETE",
    )
    migrate.tenant_table(
        "mailbox_preference",
        [
            # As it stands in a delivery's recipient: small letters.
            "address text NOT NULL",
            "muted text[] NOT NULL",
            "changed_at timestamptz NOT NULL",
            "CONSTRAINT pk_mailbox_preference PRIMARY KEY (commissioner_id, address)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, DELETE",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE mailbox_preference")
    op.execute("DROP TABLE action_link_use")
