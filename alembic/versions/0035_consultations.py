"""A draft is put to consultation, and what is said of it stays with it."""

from alembic import op
from app.core import migrate

revision = "0035_consultations"
down_revision = "0034_reminders"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE scheme_version ADD COLUMN consulted_at timestamptz, ADD COLUMN consult_until date")
    op.execute(
        "ALTER TABLE scheme_version ADD CONSTRAINT ck_scheme_version_consultation"
        " CHECK ((consulted_at IS NULL) = (consult_until IS NULL))"
    )
    migrate.tenant_table(
        "scheme_comment",
        [
            "scheme_id uuid NOT NULL",
            "n int NOT NULL",
            "words_digest text NOT NULL",
            "text text NOT NULL",
            "author_id uuid NOT NULL",
            "created_at timestamptz NOT NULL",
            "answer text",
            "answered_by uuid",
            "answered_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_scheme_comment_answer CHECK (num_nulls(answer, answered_by, answered_at) IN (0, 3))",
            "CONSTRAINT fk_scheme_comment_version FOREIGN KEY (commissioner_id, scheme_id, n)"
            " REFERENCES scheme_version (commissioner_id, scheme_id, n)",
            "CONSTRAINT fk_scheme_comment_author FOREIGN KEY (commissioner_id, author_id)"
            " REFERENCES person (commissioner_id, id)",
            "CONSTRAINT fk_scheme_comment_answerer FOREIGN KEY (commissioner_id, answered_by)"
            " REFERENCES person (commissioner_id, id)",
        ],
        # What was said is written once; an answer is added to it.
        app="SELECT, INSERT, UPDATE (answer, answered_by, answered_at, version)",
        worker="SELECT",
    )
    op.execute("CREATE INDEX ix_scheme_comment_version ON scheme_comment (commissioner_id, scheme_id, n, id)")


def downgrade() -> None:
    op.execute("DROP TABLE scheme_comment")
    op.execute("ALTER TABLE scheme_version DROP COLUMN consulted_at, DROP COLUMN consult_until")
