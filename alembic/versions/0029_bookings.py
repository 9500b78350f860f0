"""How each run's money is booked, frozen when the run is worked out; and how a ledger wants its files laid out."""

from alembic import op
from app.core import migrate

revision = "0029_bookings"
down_revision = "0028_arrangements"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "payment_booking",
        [
            "run_id uuid NOT NULL",
            "period_from date NOT NULL",
            "component text NOT NULL",
            "pay_code text",
            "cost_centre text",
            "subjective text",
            "vat_code text",
            "pensionable boolean",
            "CONSTRAINT pk_payment_booking PRIMARY KEY (commissioner_id, run_id, period_from, component)",
            "CONSTRAINT fk_payment_booking_run FOREIGN KEY (commissioner_id, run_id)"
            " REFERENCES payment_run (commissioner_id, id)",
        ],
        app="SELECT",
        worker="SELECT, INSERT",
    )
    migrate.tenant_table(
        "file_layout",
        [
            "name text NOT NULL",
            "format text NOT NULL CONSTRAINT ck_file_layout_format CHECK (format IN ('csv', 'oracle-ap'))",
            "layout jsonb NOT NULL",
            "changed_by uuid NOT NULL",
            "changed_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT pk_file_layout PRIMARY KEY (commissioner_id, name)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute("ALTER TABLE payment_sending ADD COLUMN layout text")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE payment_sending DROP COLUMN layout")
    op.execute("DROP TABLE file_layout")
    op.execute("DROP TABLE payment_booking")
