"""Which mobile numbers their persons have confirmed, and the codes by which they do."""

from alembic import op
from app.core import migrate

revision = "0064_mobile_confirmed"
down_revision = "0063_personalised"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # The number that was confirmed, and not whether one was: one that the release before this sets is another by itself.
    op.execute("ALTER TABLE message_preference ADD COLUMN confirmed_mobile text")
    # Numbers that are there count as confirmed: where there are texts they have been going to them, and whoever relies on theirs would miss what is
    # critical until they heard of a code. A stranger among them can be put on the list of those that nothing is sent to.
    migrate.without_force(
        "UPDATE message_preference SET confirmed_mobile = mobile WHERE mobile IS NOT NULL", "message_preference"
    )
    migrate.tenant_table(
        "mobile_code",
        [
            "person_id uuid NOT NULL",
            # By which the code is worked out; the code itself is nowhere.
            "operation_id uuid NOT NULL",
            "asked_at timestamptz NOT NULL",
            "wrong_codes int NOT NULL DEFAULT 0",
            "CONSTRAINT pk_mobile_code PRIMARY KEY (commissioner_id, person_id)",
            "CONSTRAINT fk_mobile_code_person FOREIGN KEY (commissioner_id, person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, DELETE",
    )
    # Whoever asks for a code is told at once where there were too many.
    migrate.grant("sending_allowance", app="SELECT, INSERT, UPDATE")


def downgrade() -> None:
    """Numbers that nobody confirmed get texts again, as the release before this has it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"REVOKE SELECT, INSERT, UPDATE ON sending_allowance FROM {migrate.role('app')}")
    op.execute("DROP TABLE mobile_code")
    op.execute("ALTER TABLE message_preference DROP COLUMN confirmed_mobile")
