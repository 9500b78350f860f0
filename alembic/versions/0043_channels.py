"""How messages leave: providers of a commissioner, what each may be given, and addresses that nothing is sent to."""

from alembic import op
from app.core import migrate

revision = "0043_channels"
down_revision = "0042_takeovers"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    _providers()
    _allowances()
    _suppressions()


def _providers() -> None:
    migrate.tenant_table(
        "message_provider",
        [
            "kind text NOT NULL CONSTRAINT ck_message_provider_kind CHECK (kind IN ('mail', 'notify'))",
            # Stands in the address of its callbacks, and in what signs them: a new one shuts out whoever knew the old.
            "callback_id uuid NOT NULL",
            "api_key text",
            "email_template uuid",
            "text_template uuid",
            "is_active boolean NOT NULL",
            "rate_per_minute int CONSTRAINT ck_message_provider_rate CHECK (rate_per_minute BETWEEN 1 AND 100000)",
            "daily_limit int CONSTRAINT ck_message_provider_daily CHECK (daily_limit BETWEEN 0 AND 100000000)",
            "fault text",
            "fault_at timestamptz",
            "changed_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT pk_message_provider PRIMARY KEY (commissioner_id, kind)",
            "CONSTRAINT ck_message_provider_notify CHECK"
            " (kind = 'notify' OR (api_key IS NULL AND email_template IS NULL AND text_template IS NULL))",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, UPDATE (fault, fault_at)",
    )


def _allowances() -> None:
    """Belongs to no tenant: the mail server is everybody's, and a key holds no more than a tenant's id and a word."""
    op.execute(
        "CREATE TABLE sending_allowance (key text CONSTRAINT pk_sending_allowance PRIMARY KEY,"
        " full_at timestamptz NOT NULL, day date NOT NULL, sent bigint NOT NULL) WITH (fillfactor = 50)"
    )
    migrate.grant("sending_allowance", worker="SELECT, INSERT, UPDATE, DELETE")


def _suppressions() -> None:
    migrate.tenant_table(
        "suppression",
        [
            "address text NOT NULL",
            # The form in which addresses are compared; a telephone number is in its international form.
            "address_key text NOT NULL",
            "reason text NOT NULL CONSTRAINT ck_suppression_reason CHECK (reason IN ('bounced', 'complained', 'manual'))",
            "source text NOT NULL CONSTRAINT ck_suppression_source"
            " CHECK (source IN ('smtp', 'report', 'hook', 'notify', 'person'))",
            "detail text",
            "since timestamptz NOT NULL",
            "CONSTRAINT uq_suppression_address UNIQUE (commissioner_id, address_key)",
        ],
        app="SELECT, INSERT, UPDATE (reason, source, detail, since), DELETE",
        worker="SELECT, INSERT, UPDATE (reason, source, detail, since), DELETE",
    )


def downgrade() -> None:
    for table in ("suppression", "sending_allowance", "message_provider"):
        op.execute(f"DROP TABLE {table}")
