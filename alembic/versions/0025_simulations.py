"""What a version would pay, kept as it was worked out: whoever was consulted can look at it again."""

from alembic import op
from app.core import migrate

revision = "0025_simulations"
down_revision = "0024_figures"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "scheme_simulation",
        [
            "scheme_id uuid NOT NULL",
            "n int NOT NULL",
            "words_digest text NOT NULL",
            "counted_over text NOT NULL"
            " CONSTRAINT ck_scheme_simulation_counted_over CHECK (counted_over IN ('participants', 'members'))",
            "budget bigint",
            "against_scheme_id uuid",
            "against_n int",
            "over_from date",
            "over_until date",
            "practices int NOT NULL CONSTRAINT ck_scheme_simulation_practices CHECK (practices >= 0)",
            "without_list text[] NOT NULL",
            "not_worked_out text[] NOT NULL",
            "created_at timestamptz NOT NULL",
            "CONSTRAINT ck_scheme_simulation_against CHECK"
            " (num_nulls(against_scheme_id, against_n, over_from, over_until) IN (0, 4))",
            "CONSTRAINT fk_scheme_simulation_version FOREIGN KEY (commissioner_id, scheme_id, n)"
            " REFERENCES scheme_version (commissioner_id, scheme_id, n)",
            "CONSTRAINT fk_scheme_simulation_against FOREIGN KEY (commissioner_id, against_scheme_id, against_n)"
            " REFERENCES scheme_version (commissioner_id, scheme_id, n)",
        ],
        app="SELECT",
        worker="SELECT, INSERT, DELETE",
    )
    op.execute("CREATE INDEX ix_scheme_simulation_version ON scheme_simulation (commissioner_id, scheme_id, n, id)")
    migrate.tenant_table(
        "scheme_simulation_practice",
        [
            "simulation_id uuid NOT NULL",
            "practice text NOT NULL",
            "least bigint NOT NULL",
            "expected bigint NOT NULL",
            "most bigint",
            "budget bigint",
            "before_least bigint",
            "before_expected bigint",
            "before_most bigint",
            "registered numeric(18,6)",
            "rural boolean",
            "dispensing boolean",
            "imd_decile int",
            "CONSTRAINT ck_scheme_simulation_practice_before CHECK ((before_least IS NULL) = (before_expected IS NULL))",
            "CONSTRAINT pk_scheme_simulation_practice PRIMARY KEY (commissioner_id, simulation_id, practice)",
            "CONSTRAINT fk_scheme_simulation_practice_simulation FOREIGN KEY (commissioner_id, simulation_id)"
            " REFERENCES scheme_simulation (commissioner_id, id) ON DELETE CASCADE",
        ],
        app="SELECT",
        worker="SELECT, INSERT",
    )


def downgrade() -> None:
    for table in ("scheme_simulation_practice", "scheme_simulation"):
        op.execute(f"DROP TABLE {table}")
