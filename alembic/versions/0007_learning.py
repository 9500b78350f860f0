"""CPD entries; and the meeting's scheme, which exists by now."""

from alembic import op
from app.core import migrate

revision = "0007_learning"
down_revision = "0006_schemes"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    migrate.tenant_table(
        "cpd_entry",
        [
            "person_id uuid NOT NULL",
            "attendance_id uuid NOT NULL",
            "title text NOT NULL",
            "on_date date NOT NULL",
            "minutes int NOT NULL CONSTRAINT ck_cpd_entry_minutes CHECK (minutes > 0)",
            "recorded_at timestamptz NOT NULL",
            "removed_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT uq_cpd_entry_attendance UNIQUE (commissioner_id, attendance_id, person_id)",
            "CONSTRAINT fk_cpd_entry_person FOREIGN KEY (commissioner_id, person_id)"
            " REFERENCES person (commissioner_id, id)",
            "CONSTRAINT fk_cpd_entry_attendance FOREIGN KEY (commissioner_id, attendance_id)"
            " REFERENCES attendance (commissioner_id, id)",
        ],
        app="SELECT, UPDATE",
        worker="SELECT, INSERT, UPDATE",
    )
    op.execute("CREATE INDEX ix_cpd_entry_person ON cpd_entry (commissioner_id, person_id, id)")
    op.execute(
        "ALTER TABLE meeting ADD CONSTRAINT fk_meeting_scheme FOREIGN KEY (commissioner_id, scheme_id)"
        " REFERENCES scheme (commissioner_id, id)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE meeting DROP CONSTRAINT fk_meeting_scheme")
    op.execute("DROP TABLE cpd_entry")
