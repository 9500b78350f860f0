"""Webhook endpoints, what is to be delivered to each, and every try; and which events somebody listens to."""

from alembic import op
from app.core import migrate

revision = "0049_webhooks"
down_revision = "0048_action_links"

STATES = "('waiting', 'sending', 'delivered', 'failed', 'withdrawn')"
OUTCOMES = "('delivered', 'refused', 'not_reached', 'blocked', 'unknown')"
ENDPOINT_KEY = "FOREIGN KEY (commissioner_id, endpoint_id) REFERENCES webhook_endpoint (commissioner_id, id)"
DELIVERY = "(commissioner_id, endpoint_id, event_id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # Whether the tenant has endpoints, stamped on each event with its number: the relay sees events of every tenant and
    # nothing else, so it asks no other table.
    op.execute("ALTER TABLE published.change_number ADD COLUMN listens boolean NOT NULL DEFAULT false")
    op.execute("ALTER TABLE event ADD COLUMN is_heard boolean NOT NULL DEFAULT false")
    _endpoints()
    _deliveries()


def _endpoints() -> None:
    migrate.tenant_table(
        "webhook_endpoint",
        [
            "url text NOT NULL",
            "description text",
            "events text[] NOT NULL",
            "signing text NOT NULL CONSTRAINT ck_webhook_endpoint_signing CHECK (signing IN ('hmac', 'ed25519'))",
            # Sealed; gone with the endpoint.
            "secret text",
            "public_key text",
            "previous_secret text",
            "previous_public_key text",
            "previous_until timestamptz",
            "state text NOT NULL CONSTRAINT ck_webhook_endpoint_state CHECK (state IN ('enabled', 'disabled', 'deleted'))",
            "disabled_because text",
            "disabled_at timestamptz",
            # Whose rights it reads by; a person by id, whose erasure it outlives.
            "owner_id uuid NOT NULL",
            # The change up to which events have become deliveries.
            "after_number bigint NOT NULL",
            "after_position int NOT NULL",
            "failing_since timestamptz",
            "quiet_until timestamptz",
            "created_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_webhook_endpoint_disabled CHECK ((state = 'disabled') = (disabled_because IS NOT NULL)"
            " AND (state = 'disabled') = (disabled_at IS NOT NULL) AND (secret IS NULL) = (state = 'deleted'))",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, UPDATE, DELETE",
    )
    # The position moves with each event; rows have room, so that they stay on their page.
    op.execute("ALTER TABLE webhook_endpoint SET (fillfactor = 70)")


def _deliveries() -> None:
    migrate.tenant_table(
        "webhook_delivery",
        [
            "endpoint_id uuid NOT NULL",
            # One delivery for each endpoint and event, however often it is replayed.
            "event_id uuid NOT NULL",
            "change_number bigint NOT NULL",
            "position int NOT NULL",
            "name text NOT NULL",
            "resource text NOT NULL",
            "subject text NOT NULL",
            "removed boolean NOT NULL",
            "occurred_at timestamptz NOT NULL",
            f"state text NOT NULL CONSTRAINT ck_webhook_delivery_state CHECK (state IN {STATES})",
            # Tries since it was last asked for, which the schedule counts, and all there ever were.
            "tries int NOT NULL DEFAULT 0",
            "attempts int NOT NULL DEFAULT 0",
            "due_at timestamptz",
            "is_replay boolean NOT NULL DEFAULT false",
            "detail text",
            "created_at timestamptz NOT NULL",
            "delivered_at timestamptz",
            f"CONSTRAINT pk_webhook_delivery PRIMARY KEY {DELIVERY}",
            "CONSTRAINT ck_webhook_delivery_due CHECK ((due_at IS NOT NULL) = (state IN ('waiting', 'sending')))",
            f"CONSTRAINT fk_webhook_delivery_endpoint {ENDPOINT_KEY}",
        ],
        app="SELECT, INSERT",
        worker="SELECT, INSERT, UPDATE, DELETE",
    )
    op.execute(
        "CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (commissioner_id, endpoint_id, due_at, change_number,"
        " position) WHERE state IN ('waiting', 'sending')"
    )
    op.execute("CREATE INDEX ix_webhook_delivery_created ON webhook_delivery (commissioner_id, created_at)")
    migrate.tenant_table(
        "webhook_attempt",
        [
            "endpoint_id uuid NOT NULL",
            "event_id uuid NOT NULL",
            "n int NOT NULL",
            "started_at timestamptz NOT NULL",
            f"outcome text NOT NULL CONSTRAINT ck_webhook_attempt_outcome CHECK (outcome IN {OUTCOMES})",
            "status int",
            "milliseconds int",
            "detail text",
            "CONSTRAINT pk_webhook_attempt PRIMARY KEY (commissioner_id, endpoint_id, event_id, n)",
            f"CONSTRAINT fk_webhook_attempt_delivery FOREIGN KEY {DELIVERY} REFERENCES webhook_delivery {DELIVERY}"
            " ON DELETE CASCADE",
        ],
        # Nobody may change what a try came to.
        app="SELECT",
        worker="SELECT, INSERT, DELETE",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("webhook_attempt", "webhook_delivery", "webhook_endpoint"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE event DROP COLUMN is_heard")
    op.execute("ALTER TABLE published.change_number DROP COLUMN listens")
