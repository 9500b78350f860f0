"""Whom a message is for is kept with it and asked again when it goes out; each try of a delivery is kept for good."""

from alembic import op
from app.core import migrate

revision = "0045_attempts"
down_revision = "0044_concerns"

STATES = "'queued', 'attempting', 'sent', 'delivered', 'failed', 'parked', 'suppressed', 'in_doubt'"
OUTCOMES = "'sent', 'failed_permanent', 'failed_temporary', 'in_doubt', 'lost'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # Without an audience (what was written by the release before): nobody asks again.
    op.execute("ALTER TABLE message ADD COLUMN audience jsonb, ADD COLUMN action jsonb, ADD COLUMN channels text[]")
    _states(f"{STATES}, 'withdrawn'")
    # One copy for each way it goes; what is read and acknowledged is the first.
    op.execute("ALTER TABLE delivery ADD COLUMN is_first boolean NOT NULL DEFAULT true")
    # Attempts are counted for good; somebody who runs a parked one again gives it more.
    op.execute("ALTER TABLE delivery ADD COLUMN may_attempt int NOT NULL DEFAULT 10")
    op.execute("ALTER TABLE delivery DROP CONSTRAINT uq_delivery_recipient")
    op.execute(
        "ALTER TABLE delivery ADD CONSTRAINT uq_delivery_recipient"
        " UNIQUE (commissioner_id, message_id, recipient, channel)"
    )
    migrate.tenant_table(
        "delivery_attempt",
        [
            "delivery_id uuid NOT NULL",
            "n int NOT NULL",
            "ended_at timestamptz NOT NULL",
            f"outcome text NOT NULL CONSTRAINT ck_delivery_attempt_outcome CHECK (outcome IN ({OUTCOMES}))",
            "detail text",
            # What the provider calls it.
            "reference text",
            "CONSTRAINT pk_delivery_attempt PRIMARY KEY (commissioner_id, delivery_id, n)",
            # They go with their delivery, when its time is over; nobody has the right to change or delete one.
            "CONSTRAINT fk_delivery_attempt_delivery FOREIGN KEY (commissioner_id, delivery_id)"
            " REFERENCES delivery (commissioner_id, id) ON DELETE CASCADE",
        ],
        app="SELECT",
        worker="SELECT, INSERT",
    )


def _states(states: str) -> None:
    op.execute("ALTER TABLE delivery DROP CONSTRAINT ck_delivery_state")
    op.execute(f"ALTER TABLE delivery ADD CONSTRAINT ck_delivery_state CHECK (state IN ({states}))")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE delivery_attempt")
    migrate.without_force("UPDATE delivery SET state = 'suppressed' WHERE state = 'withdrawn'", "delivery")
    _states(STATES)
    migrate.without_force("DELETE FROM delivery WHERE NOT is_first", "delivery")
    op.execute("ALTER TABLE delivery DROP CONSTRAINT uq_delivery_recipient")
    op.execute(
        "ALTER TABLE delivery ADD CONSTRAINT uq_delivery_recipient UNIQUE (commissioner_id, message_id, recipient)"
    )
    op.execute("ALTER TABLE delivery DROP COLUMN is_first, DROP COLUMN may_attempt")
    op.execute("ALTER TABLE message DROP COLUMN audience, DROP COLUMN action, DROP COLUMN channels")
