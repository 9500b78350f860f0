"""How many people approve a run, by the amount it moves; and who has."""

from alembic import op
from app.core import migrate

revision = "0026_approval_bands"
down_revision = "0025_simulations"

FILL = """
UPDATE payment_run SET approvers = ARRAY[approved_by], approvals_at = ARRAY[approved_at] WHERE approved_by IS NOT NULL
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "payment_settings",
        [
            "approval_bands jsonb NOT NULL",
            "changed_by uuid NOT NULL",
            "changed_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT pk_payment_settings PRIMARY KEY (commissioner_id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute(
        "ALTER TABLE payment_run ADD COLUMN approvers_required int NOT NULL DEFAULT 1"
        " CONSTRAINT ck_payment_run_approvers_required CHECK (approvers_required >= 1),"
        " ADD COLUMN approvers uuid[] NOT NULL DEFAULT '{}', ADD COLUMN approvals_at timestamptz[] NOT NULL DEFAULT '{}'"
    )
    # Runs are few: one for each scheme and period.
    migrate.without_force(FILL, "payment_run")
    op.execute(
        """
CREATE FUNCTION are_distinct(people uuid[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT count(*) = count(DISTINCT person) FROM unnest(people) person
$$"""
    )
    # As many different people as the amount needs, whatever path leads to the row. A release that does not know of them
    # and serves beside this one may still approve where one person is enough.
    op.execute(
        "ALTER TABLE payment_run ADD CONSTRAINT ck_payment_run_approvers CHECK (are_distinct(approvers)"
        " AND NOT calculated_by = ANY(approvers) AND (released_by IS NULL OR NOT released_by = ANY(approvers))"
        " AND cardinality(approvers) = cardinality(approvals_at) AND (approvers_required = 1"
        " OR cardinality(approvers) >= approvers_required OR state NOT IN ('approved', 'released', 'acknowledged')))"
    )
    migrate.grant("payment_run", app="UPDATE (approvers, approvals_at)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE payment_run DROP CONSTRAINT ck_payment_run_approvers")
    op.execute(
        "ALTER TABLE payment_run DROP COLUMN approvers_required, DROP COLUMN approvers, DROP COLUMN approvals_at"
    )
    op.execute("DROP FUNCTION are_distinct(uuid[])")
    op.execute("DROP TABLE payment_settings")
