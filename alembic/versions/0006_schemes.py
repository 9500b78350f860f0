"""Incentive schemes, versions of their definitions, participation of practices, and facts."""

from alembic import op
from app.core import migrate

revision = "0006_schemes"
down_revision = "0005_meetings"

SCHEME = "FOREIGN KEY (commissioner_id, scheme_id) REFERENCES scheme (commissioner_id, id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _schemes()
    _versions()
    _participation()
    _facts()


def _schemes() -> None:
    migrate.tenant_table(
        "scheme",
        [
            "code text NOT NULL CONSTRAINT ck_scheme_code CHECK (length(code) BETWEEN 1 AND 40)",
            "title text NOT NULL CONSTRAINT ck_scheme_title CHECK (length(title) BETWEEN 1 AND 200)",
            "purpose text NOT NULL",
            "financial_year text NOT NULL CONSTRAINT ck_scheme_year CHECK (financial_year ~ '^[0-9]{4}/[0-9]{2}$')",
            "starts_on date NOT NULL",
            "budget_amount bigint CONSTRAINT ck_scheme_budget_amount CHECK (budget_amount >= 0)",
            "budget_per_head numeric(18,6) CONSTRAINT ck_scheme_budget_per_head CHECK (budget_per_head >= 0)",
            "budget_basis text CONSTRAINT ck_scheme_budget_basis CHECK (budget_basis IN ('registered', 'weighted'))",
            "payment_terms_days int NOT NULL"
            " CONSTRAINT ck_scheme_payment_terms CHECK (payment_terms_days BETWEEN 0 AND 365)",
            "pay_code text",
            "cost_centre text",
            "state text NOT NULL CONSTRAINT ck_scheme_state CHECK (state IN ('draft', 'published', 'closed'))",
            "live_version int",
            "created_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_scheme_one_budget CHECK (budget_amount IS NULL OR budget_per_head IS NULL)",
            "CONSTRAINT ck_scheme_per_head_basis CHECK ((budget_per_head IS NULL) = (budget_basis IS NULL))",
            "CONSTRAINT uq_scheme_code UNIQUE (commissioner_id, code, financial_year)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )


def _versions() -> None:
    migrate.tenant_table(
        "scheme_version",
        [
            "scheme_id uuid NOT NULL",
            "n int NOT NULL CONSTRAINT ck_scheme_version_n CHECK (n >= 1)",
            "state text NOT NULL CONSTRAINT ck_scheme_version_state CHECK (state IN ('draft', 'published'))",
            "applies_from date NOT NULL",
            "applies_until date NOT NULL",
            # Plain json keeps the members in the author's order, in which words and notes are given.
            "definition json NOT NULL",
            "reason text NOT NULL",
            "words text",
            "words_digest text",
            "created_at timestamptz NOT NULL",
            "published_at timestamptz",
            "published_by uuid",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_scheme_version_period CHECK (applies_until > applies_from)",
            "CONSTRAINT ck_scheme_version_published CHECK"
            " ((state = 'published') = (published_at IS NOT NULL AND words IS NOT NULL AND words_digest IS NOT NULL))",
            "CONSTRAINT uq_scheme_version UNIQUE (commissioner_id, scheme_id, n)",
            f"CONSTRAINT fk_scheme_version_scheme {SCHEME}",
            "CONSTRAINT fk_scheme_version_publisher FOREIGN KEY (commissioner_id, published_by)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )


def _participation() -> None:
    migrate.tenant_table(
        "participation",
        [
            "scheme_id uuid NOT NULL",
            "practice text NOT NULL",
            "state text NOT NULL CONSTRAINT ck_participation_state CHECK (state IN ('offered', 'accepted', 'declined'))",
            "source text NOT NULL CONSTRAINT ck_participation_source CHECK (source IN ('offer', 'sign_up'))",
            "offered_at timestamptz",
            "respond_by date",
            "version_n int",
            "words_digest text",
            "valid_from date",
            "valid_until date",
            "signed_on date",
            "signatory_name text",
            "signatory_capacity text CONSTRAINT ck_participation_capacity"
            " CHECK (signatory_capacity IN ('contract_holder', 'authorised'))",
            "evidence text",
            "historical boolean NOT NULL DEFAULT false",
            "named_lead_id uuid",
            "decline_reason text",
            "answered_at timestamptz",
            "answered_by uuid",
            "recorded_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_participation_period CHECK (valid_until > valid_from)",
            "CONSTRAINT ck_participation_accepted CHECK (state <> 'accepted'"
            " OR (signed_on IS NOT NULL AND signatory_name IS NOT NULL AND signatory_capacity IS NOT NULL))",
            "CONSTRAINT ck_participation_offered CHECK (state <> 'offered' OR respond_by IS NOT NULL)",
            "CONSTRAINT uq_participation UNIQUE (commissioner_id, scheme_id, practice)",
            f"CONSTRAINT fk_participation_scheme {SCHEME}",
            "CONSTRAINT fk_participation_lead FOREIGN KEY (commissioner_id, named_lead_id)"
            " REFERENCES person (commissioner_id, id)",
            "CONSTRAINT fk_participation_answerer FOREIGN KEY (commissioner_id, answered_by)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute("CREATE INDEX ix_participation_practice ON participation (commissioner_id, practice, state)")
    migrate.tenant_table(
        "improvement_area",
        [
            "participation_id uuid NOT NULL",
            "no int NOT NULL",
            "title text NOT NULL",
            "baseline text",
            "target text",
            "measure text",
            "review_on date",
            "CONSTRAINT pk_improvement_area PRIMARY KEY (commissioner_id, participation_id, no)",
            "CONSTRAINT fk_improvement_area_participation FOREIGN KEY (commissioner_id, participation_id)"
            " REFERENCES participation (commissioner_id, id)",
        ],
        app="SELECT, INSERT",
        worker="SELECT",
    )


def _facts() -> None:
    """A correction supersedes: the old row keeps what was known until then, and only one row of an id is current."""
    migrate.tenant_table(
        "scheme_fact",
        [
            "scheme_id uuid NOT NULL",
            "external_id text NOT NULL CONSTRAINT ck_scheme_fact_external_id CHECK (length(external_id) BETWEEN 1 AND 200)",
            "practice text NOT NULL",
            "measure text NOT NULL",
            "happened_on date NOT NULL",
            "value numeric(24,6) NOT NULL",
            "numerator numeric(24,6)",
            "denominator numeric(24,6)",
            "subject text CONSTRAINT ck_scheme_fact_subject CHECK (length(subject) <= 64)",
            "note text",
            "state text NOT NULL CONSTRAINT ck_scheme_fact_state CHECK (state IN ('entered', 'confirmed'))",
            "source text NOT NULL CONSTRAINT ck_scheme_fact_source CHECK (source IN ('practice', 'office', 'attendance'))",
            "recorded_at timestamptz NOT NULL",
            "recorded_by uuid",
            "confirmed_at timestamptz",
            "confirmed_by uuid",
            "superseded_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_scheme_fact_ratio CHECK"
            " ((numerator IS NULL) = (denominator IS NULL) AND denominator IS DISTINCT FROM 0)",
            "CONSTRAINT ck_scheme_fact_confirmed CHECK ((state = 'confirmed') = (confirmed_at IS NOT NULL))",
            f"CONSTRAINT fk_scheme_fact_scheme {SCHEME}",
            "CONSTRAINT fk_scheme_fact_recorder FOREIGN KEY (commissioner_id, recorded_by)"
            " REFERENCES person (commissioner_id, id)",
            "CONSTRAINT fk_scheme_fact_confirmer FOREIGN KEY (commissioner_id, confirmed_by)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, INSERT, UPDATE",
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_scheme_fact_current ON scheme_fact (commissioner_id, scheme_id, external_id)"
        " WHERE superseded_at IS NULL"
    )
    op.execute(
        "CREATE INDEX ix_scheme_fact_period ON scheme_fact (commissioner_id, scheme_id, happened_on, practice)"
        " WHERE superseded_at IS NULL"
    )


def downgrade() -> None:
    for table in (
        "scheme_fact",
        "improvement_area",
        "participation",
        "scheme_version",
        "scheme",
    ):
        op.execute(f"DROP TABLE {table}")
