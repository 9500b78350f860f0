"""How what a payee owes is taken back, or waived: agreed by two people, and then fixed."""

from alembic import op
from app.core import migrate

revision = "0028_arrangements"
down_revision = "0027_queries"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "ALTER TABLE scheme ADD COLUMN waive_below bigint CONSTRAINT ck_scheme_waive_below CHECK (waive_below > 0)"
    )
    migrate.tenant_table(
        "payment_arrangement",
        [
            "scheme_id uuid NOT NULL",
            "practice text NOT NULL",
            "payee_type text NOT NULL",
            "payee_code text NOT NULL",
            "kind text NOT NULL CONSTRAINT ck_payment_arrangement_kind CHECK (kind IN ('recover', 'waive'))",
            "most_per_run bigint CONSTRAINT ck_payment_arrangement_most CHECK (most_per_run > 0)",
            "waived bigint CONSTRAINT ck_payment_arrangement_waived CHECK (waived > 0)",
            "reason text NOT NULL",
            # People by id, without a foreign key: a decision outlives the erasure of whoever took it.
            "proposed_by uuid NOT NULL",
            "proposed_at timestamptz NOT NULL",
            "agreed_by uuid",
            "agreed_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_payment_arrangement_payee CHECK (payee_type IN ('practice', 'organisation'))",
            "CONSTRAINT ck_payment_arrangement_people CHECK (agreed_by <> proposed_by)",
            "CONSTRAINT ck_payment_arrangement_agreed CHECK ((agreed_by IS NULL) = (agreed_at IS NULL))",
            "CONSTRAINT ck_payment_arrangement_says CHECK ((kind = 'recover') = (most_per_run IS NOT NULL)"
            " AND (kind = 'waive' AND agreed_by IS NOT NULL) = (waived IS NOT NULL))",
            "CONSTRAINT fk_payment_arrangement_scheme FOREIGN KEY (commissioner_id, scheme_id)"
            " REFERENCES scheme (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE (agreed_by, agreed_at, waived, version)",
        worker="SELECT",
        platform="SELECT",
    )
    op.execute(
        "CREATE INDEX ix_payment_arrangement_scheme ON payment_arrangement (commissioner_id, scheme_id, practice, id)"
    )
    op.execute(
        "CREATE TRIGGER written_once BEFORE UPDATE ON payment_arrangement FOR EACH ROW"
        " WHEN (OLD.agreed_by IS NOT NULL) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE payment_arrangement")
    op.execute("ALTER TABLE scheme DROP COLUMN waive_below")
