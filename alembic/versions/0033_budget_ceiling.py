"""What a scheme does when a run is due more than its budget has left, what the budget had, and who cannot be paid."""

from alembic import op

revision = "0033_budget_ceiling"
down_revision = "0032_adjusted_lists"

RULE = "(over_budget IN ('stop', 'pro_rate', 'queue'))"
RUN = {"over_budget": "text", "budget": "bigint", "available": "bigint", "held_back": "bigint"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(f"ALTER TABLE scheme ADD COLUMN over_budget text CONSTRAINT ck_scheme_over_budget CHECK {RULE}")
    added = ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in RUN.items())
    op.execute(f"ALTER TABLE payment_run {added}, ADD CONSTRAINT ck_payment_run_over_budget CHECK {RULE}")
    op.execute("ALTER TABLE payment_run_part ADD COLUMN unknown_payees text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE payment_run_part DROP COLUMN unknown_payees")
    op.execute("ALTER TABLE payment_run " + ", ".join(f"DROP COLUMN {name}" for name in RUN))
    op.execute("ALTER TABLE scheme DROP COLUMN over_budget")
