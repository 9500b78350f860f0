"""Practices that were asked which sessions they held, each of them once for a month."""

from alembic import op
from app.core import migrate

revision = "0057_session_requests"
down_revision = "0056_edition_contents"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    migrate.tenant_table(
        "session_request",
        [
            "scheme_id uuid NOT NULL",
            "practice text NOT NULL",
            "measure text NOT NULL",
            "period_from date NOT NULL",
            "period_until date NOT NULL CONSTRAINT ck_session_request_period CHECK (period_until > period_from)",
            "asked_on date NOT NULL",
            "CONSTRAINT uq_session_request UNIQUE (commissioner_id, scheme_id, measure, period_from, practice)",
            "CONSTRAINT fk_session_request_scheme FOREIGN KEY (commissioner_id, scheme_id)"
            " REFERENCES scheme (commissioner_id, id)",
        ],
        app="SELECT",
        worker="SELECT, INSERT",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE session_request")
