"""A run takes the terms of its scheme along, so that what was approved is what leaves, whatever the scheme says later."""

from alembic import op
from app.core import migrate

revision = "0019_run_terms"
down_revision = "0018_attendance_recorder"

COLUMNS = {"scheme_code": "text", "pay_code": "text", "cost_centre": "text", "payment_terms_days": "int"}
FILL = """
UPDATE payment_run r SET scheme_code = s.code, pay_code = s.pay_code, cost_centre = s.cost_centre,
  payment_terms_days = s.payment_terms_days
FROM scheme s WHERE s.commissioner_id = r.commissioner_id AND s.id = r.scheme_id
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    # Null is allowed, because a release that does not know them yet may still write runs.
    added = ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items())
    op.execute(f"ALTER TABLE payment_run {added}")
    # Runs are few: one for each scheme and period.
    migrate.without_force(FILL, "payment_run", "scheme")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE payment_run " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS))
