"""Announcements that have to be read: their versions, who acknowledged which, and when they come round again."""

from alembic import op
from app.core import migrate

revision = "0052_must_read"
down_revision = "0051_scheduled"

OF_ANNOUNCEMENT = "FOREIGN KEY (commissioner_id, announcement_id) REFERENCES announcement (commissioner_id, id)"
# What a new version changes, and so does the worker when a round begins anew.
RENEWED = "edition, edition_at, message_id, must_acknowledge_by, operation_id, version"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "ALTER TABLE announcement ADD COLUMN edition int NOT NULL DEFAULT 1, ADD COLUMN edition_at timestamptz,"
        " ADD COLUMN message_id uuid, ADD COLUMN must_acknowledge text NOT NULL DEFAULT 'practice'"
        " CONSTRAINT ck_announcement_must_acknowledge CHECK (must_acknowledge IN ('practice', 'each_person')),"
        " ADD COLUMN renew_months int CONSTRAINT ck_announcement_renew CHECK (renew_months BETWEEN 1 AND 60)"
    )
    migrate.grant("announcement", worker=f"UPDATE ({RENEWED})")
    op.execute(
        "CREATE INDEX ix_announcement_must_read ON announcement (commissioner_id, must_acknowledge_by)"
        " WHERE must_acknowledge_by IS NOT NULL AND withdrawn_at IS NULL"
    )
    migrate.tenant_table(
        "announcement_edition",
        [
            "announcement_id uuid NOT NULL",
            "n int NOT NULL CONSTRAINT ck_announcement_edition_n CHECK (n > 1)",
            "kind text NOT NULL CONSTRAINT ck_announcement_edition_kind CHECK (kind IN ('revised', 'renewed'))",
            # What it took the place of.
            "earlier_markdown text NOT NULL",
            "earlier_by date",
            "reason text",
            "person_id uuid",
            "published_at timestamptz NOT NULL",
            "CONSTRAINT pk_announcement_edition PRIMARY KEY (commissioner_id, announcement_id, n)",
            f"CONSTRAINT fk_announcement_edition {OF_ANNOUNCEMENT}",
        ],
        app="SELECT, INSERT",
        worker="SELECT, INSERT",
    )
    migrate.tenant_table(
        "acknowledgement",
        [
            "announcement_id uuid NOT NULL",
            "edition int NOT NULL",
            # Not foreign keys: that it was acknowledged outlives the erasure of whoever did.
            "person_id uuid NOT NULL",
            "practice text",
            "via text NOT NULL CONSTRAINT ck_acknowledgement_via CHECK (via IN ('api', 'link'))",
            "at timestamptz NOT NULL",
            "CONSTRAINT uq_acknowledgement UNIQUE NULLS NOT DISTINCT"
            " (commissioner_id, announcement_id, edition, practice, person_id)",
            f"CONSTRAINT fk_acknowledgement {OF_ANNOUNCEMENT}",
        ],
        app="SELECT, INSERT",
        worker="SELECT",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE acknowledgement")
    op.execute("DROP TABLE announcement_edition")
    op.execute("DROP INDEX ix_announcement_must_read")
    op.execute(f"REVOKE UPDATE ({RENEWED}) ON announcement FROM {migrate.role('worker')}")
    op.execute(
        "ALTER TABLE announcement DROP COLUMN edition, DROP COLUMN edition_at, DROP COLUMN message_id,"
        " DROP COLUMN must_acknowledge, DROP COLUMN renew_months"
    )
