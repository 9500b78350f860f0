"""Claims of practices, every step that each has taken, and a scheme's own rules for them."""

from alembic import op
from app.core import migrate

revision = "0031_claims"
down_revision = "0030_corrections"

SCHEME = "FOREIGN KEY (commissioner_id, scheme_id) REFERENCES scheme (commissioner_id, id)"
PERSON = "FOREIGN KEY (commissioner_id, {0}) REFERENCES person (commissioner_id, id)"
PEOPLE = ("opened_by", "declared_by", "vetted_by", "checked_by", "held_by", "rejected_by")
DECLARED = "('declared', 'vetted', 'approved', 'in_run', 'paid')"
APPROVED = "('approved', 'in_run', 'paid')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _claims()
    _steps()
    _rules()


def _claims() -> None:
    migrate.tenant_table(
        "claim",
        [
            "scheme_id uuid NOT NULL",
            "practice text NOT NULL",
            "period_from date NOT NULL",
            "period_until date NOT NULL",
            "state text NOT NULL CONSTRAINT ck_claim_state CHECK (state IN"
            " ('open', 'declared', 'vetted', 'approved', 'rejected', 'withdrawn', 'in_run', 'paid'))",
            "note text",
            "on_behalf boolean NOT NULL",
            "opened_by uuid NOT NULL",
            "opened_at timestamptz NOT NULL",
            "first_declared_at timestamptz",
            "declared_by uuid",
            "declared_at timestamptz",
            "values_digest text",
            "amount bigint",
            "version_n int",
            "vetted_by uuid",
            "vetted_at timestamptz",
            "is_sampled boolean NOT NULL DEFAULT false",
            "checked_by uuid",
            "checked_at timestamptz",
            "approvers uuid[] NOT NULL DEFAULT '{}'",
            "approved_at timestamptz",
            "hold_reason text",
            "held_by uuid",
            "held_at timestamptz",
            "rejected_by uuid",
            "rejected_at timestamptz",
            "reject_reason text",
            "run_id uuid",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_claim_period CHECK (period_until > period_from)",
            f"CONSTRAINT ck_claim_declared CHECK (state NOT IN {DECLARED} OR (declared_by IS NOT NULL"
            " AND declared_at IS NOT NULL AND values_digest IS NOT NULL AND amount IS NOT NULL AND version_n IS NOT NULL))",
            "CONSTRAINT ck_claim_vetted CHECK (state NOT IN ('vetted', 'approved', 'in_run', 'paid')"
            " OR vetted_by IS NOT NULL)",
            f"CONSTRAINT ck_claim_approved CHECK (state NOT IN {APPROVED} OR cardinality(approvers) > 0)",
            # Whatever else fails, nobody stands in two places of one claim.
            "CONSTRAINT ck_claim_people CHECK (vetted_by <> declared_by AND checked_by NOT IN (declared_by, vetted_by)"
            " AND NOT approvers && ARRAY[declared_by, vetted_by, checked_by])",
            "CONSTRAINT ck_claim_hold CHECK ((hold_reason IS NULL) = (held_by IS NULL))",
            "CONSTRAINT ck_claim_rejected CHECK ((state = 'rejected') = (reject_reason IS NOT NULL))",
            "CONSTRAINT ck_claim_run CHECK ((state IN ('in_run', 'paid')) = (run_id IS NOT NULL))",
            f"CONSTRAINT fk_claim_scheme {SCHEME}",
            "CONSTRAINT fk_claim_run FOREIGN KEY (commissioner_id, run_id) REFERENCES payment_run (commissioner_id, id)",
            *(f"CONSTRAINT fk_claim_{name} {PERSON.format(name)}" for name in PEOPLE),
            "CONSTRAINT ex_claim_overlap EXCLUDE USING gist (uuidrange(commissioner_id, commissioner_id, '[]') WITH &&,"
            " uuidrange(scheme_id, scheme_id, '[]') WITH &&, textrange(practice, practice, '[]') WITH &&,"
            " daterange(period_from, period_until) WITH &&) WHERE (state NOT IN ('rejected', 'withdrawn'))",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, UPDATE",
        # The platform says what a change of practices would touch.
        platform="SELECT",
    )
    op.execute("CREATE INDEX ix_claim_period ON claim (commissioner_id, scheme_id, period_from, practice)")
    op.execute("CREATE INDEX ix_claim_run ON claim (commissioner_id, run_id) WHERE run_id IS NOT NULL")


def _steps() -> None:
    """Append-only by privilege: what was declared and decided is never told otherwise."""
    migrate.tenant_table(
        "claim_step",
        [
            "claim_id uuid NOT NULL",
            "no int NOT NULL CONSTRAINT ck_claim_step_no CHECK (no >= 1)",
            "kind text NOT NULL CONSTRAINT ck_claim_step_kind CHECK (kind IN ('opened', 'declared', 'voided', 'vetted',"
            " 'checked', 'approved', 'held', 'resumed', 'rejected', 'withdrawn', 'put_in_run', 'returned', 'paid'))",
            "at timestamptz NOT NULL",
            "person_id uuid",
            "reason text",
            "values_digest text",
            "amount_before bigint",
            "amount bigint",
            "run_id uuid",
            "CONSTRAINT pk_claim_step PRIMARY KEY (commissioner_id, claim_id, no)",
            "CONSTRAINT fk_claim_step_claim FOREIGN KEY (commissioner_id, claim_id) REFERENCES claim (commissioner_id, id)",
            f"CONSTRAINT fk_claim_step_person {PERSON.format('person_id')}",
        ],
        app="SELECT, INSERT",
        worker="SELECT, INSERT",
    )


def _rules() -> None:
    migrate.tenant_table(
        "claim_rules",
        [
            "scheme_id uuid NOT NULL",
            "every text CONSTRAINT ck_claim_rules_every CHECK (every IN ('month', 'quarter', 'year'))",
            "window_days int NOT NULL CONSTRAINT ck_claim_rules_window CHECK (window_days BETWEEN 1 AND 366)",
            "bands jsonb NOT NULL",
            "sample_percent int NOT NULL CONSTRAINT ck_claim_rules_sample CHECK (sample_percent BETWEEN 0 AND 100)",
            "sample_seed text NOT NULL",
            "reject_reasons jsonb NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT pk_claim_rules PRIMARY KEY (commissioner_id, scheme_id)",
            f"CONSTRAINT fk_claim_rules_scheme {SCHEME}",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )


def downgrade() -> None:
    for table in ("claim_rules", "claim_step", "claim"):
        op.execute(f"DROP TABLE {table}")
