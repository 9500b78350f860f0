"""A claim keeps the evidence that was declared and how many have to approve it; its people and its rights are the database's."""

from alembic import op
from app.core import migrate

revision = "0037_claims_declared"
down_revision = "0036_templates"

OVERLAP = (
    "ALTER TABLE claim ADD CONSTRAINT ex_claim_overlap EXCLUDE USING gist"
    " (uuidrange(commissioner_id, commissioner_id, '[]') WITH &&, uuidrange(scheme_id, scheme_id, '[]') WITH &&,"
    " textrange(practice, practice, '[]') WITH &&, daterange(period_from, period_until) WITH &&)"
    " WHERE (state NOT IN ({0}))"
)
APPROVED = "('approved', 'in_run', 'paid')"
# Who claims for which time, and who opened the claim, never changes.
CHANGED = (
    "state, first_declared_at, declared_by, declared_at, values_digest, amount, version_n, evidence, approvals_needed,"
    " vetted_by, vetted_at, is_sampled, checked_by, checked_at, approvers, approved_at, hold_reason, held_by, held_at,"
    " rejected_by, rejected_at, reject_reason, run_id, version"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE claim ADD COLUMN evidence jsonb, ADD COLUMN approvals_needed int")
    # Of a period that was paid, evidence that came later is claimed as well, by a claim of its own.
    op.execute("ALTER TABLE claim DROP CONSTRAINT ex_claim_overlap")
    op.execute(OVERLAP.format("'rejected', 'withdrawn', 'paid'"))
    op.execute("ALTER TABLE claim DROP CONSTRAINT ck_claim_approved")
    op.execute(
        f"ALTER TABLE claim ADD CONSTRAINT ck_claim_approved CHECK (state NOT IN {APPROVED}"
        " OR cardinality(approvers) >= coalesce(approvals_needed, 1)),"
        " ADD CONSTRAINT ck_claim_approvers CHECK (are_distinct(approvers))"
    )
    for login in ("app", "worker"):
        op.execute(f"REVOKE UPDATE ON claim FROM {migrate.role(login)}")
    migrate.grant("claim", app=f"UPDATE ({CHANGED})", worker=f"UPDATE ({CHANGED})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for login in ("app", "worker"):
        op.execute(f"REVOKE UPDATE ({CHANGED}) ON claim FROM {migrate.role(login)}")
    migrate.grant("claim", app="UPDATE", worker="UPDATE")
    op.execute("ALTER TABLE claim DROP CONSTRAINT ck_claim_approvers, DROP CONSTRAINT ck_claim_approved")
    op.execute(
        f"ALTER TABLE claim ADD CONSTRAINT ck_claim_approved CHECK (state NOT IN {APPROVED} OR cardinality(approvers) > 0)"
    )
    op.execute("ALTER TABLE claim DROP CONSTRAINT ex_claim_overlap")
    op.execute(OVERLAP.format("'rejected', 'withdrawn'"))
    op.execute("ALTER TABLE claim DROP COLUMN evidence, DROP COLUMN approvals_needed")
