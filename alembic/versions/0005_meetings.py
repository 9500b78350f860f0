"""Meetings and who attended them."""

from alembic import op
from app.core import migrate

revision = "0005_meetings"
down_revision = "0004_access"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    migrate.tenant_table(
        "meeting",
        [
            "title text NOT NULL",
            "purpose text NOT NULL CONSTRAINT ck_meeting_purpose CHECK (length(purpose) > 0)",
            "level text NOT NULL CONSTRAINT ck_meeting_level"
            " CHECK (level IN ('practice', 'peer_group', 'locality', 'commissioner', 'forum'))",
            "locality_id uuid",
            "practice text",
            "forum_id uuid",
            "starts_at timestamptz NOT NULL",
            "ends_at timestamptz NOT NULL",
            "scheme_id uuid",
            "measure text",
            "joining text",
            "created_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_meeting_times CHECK (ends_at > starts_at)",
            "CONSTRAINT ck_meeting_measure CHECK ((scheme_id IS NULL) = (measure IS NULL))",
            "CONSTRAINT ck_meeting_place CHECK ((level = 'practice') = (practice IS NOT NULL)"
            " AND (level = 'locality') = (locality_id IS NOT NULL) AND (level = 'forum' OR forum_id IS NULL))",
            "CONSTRAINT fk_meeting_locality FOREIGN KEY (commissioner_id, locality_id)"
            " REFERENCES locality (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute("CREATE INDEX ix_meeting_starts ON meeting (commissioner_id, starts_at, id)")
    op.execute("CREATE INDEX ix_meeting_practice ON meeting (commissioner_id, practice) WHERE practice IS NOT NULL")
    migrate.tenant_table(
        "attendance",
        [
            "meeting_id uuid NOT NULL",
            "name text NOT NULL",
            "name_key text NOT NULL",
            "practice text NOT NULL",
            "role text NOT NULL",
            "person_id uuid",
            "from_at timestamptz NOT NULL",
            "until_at timestamptz NOT NULL",
            "minutes int NOT NULL CONSTRAINT ck_attendance_minutes CHECK (minutes > 0)",
            "is_confirmed boolean NOT NULL",
            "recorded_at timestamptz NOT NULL",
            "removed_at timestamptz",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT uq_attendance_person UNIQUE (commissioner_id, meeting_id, practice, name_key)",
            "CONSTRAINT fk_attendance_meeting FOREIGN KEY (commissioner_id, meeting_id)"
            " REFERENCES meeting (commissioner_id, id)",
            "CONSTRAINT fk_attendance_person FOREIGN KEY (commissioner_id, person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute(
        "CREATE INDEX ix_attendance_person ON attendance (commissioner_id, person_id) WHERE person_id IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_attendance_practice ON attendance (commissioner_id, practice, meeting_id)")


def downgrade() -> None:
    op.execute("DROP TABLE attendance")
    op.execute("DROP TABLE meeting")
