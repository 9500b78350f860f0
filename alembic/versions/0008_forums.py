"""Patient forums, their members, issues with their ladder and answers; and the meeting's forum, which exists by now."""

from alembic import op
from app.core import migrate

revision = "0008_forums"
down_revision = "0007_learning"

_LEVELS = "('practice', 'locality', 'commissioner')"
_PLACE = "(level = 'practice') = (practice IS NOT NULL) AND (level = 'locality') = (locality_id IS NOT NULL)"
_FORUM = "FOREIGN KEY (commissioner_id, forum_id) REFERENCES patient_forum (commissioner_id, id)"
_ISSUE = "FOREIGN KEY (commissioner_id, issue_id) REFERENCES issue (commissioner_id, id)"
_LOCALITY = "FOREIGN KEY (commissioner_id, locality_id) REFERENCES locality (commissioner_id, id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _forums()
    _issues()
    op.execute(f"ALTER TABLE meeting ADD CONSTRAINT fk_meeting_forum {_FORUM}")
    op.execute(
        "CREATE INDEX ix_meeting_forum ON meeting (commissioner_id, forum_id, starts_at) WHERE forum_id IS NOT NULL"
    )


def _forums() -> None:
    migrate.tenant_table(
        "patient_forum",
        [
            "name text NOT NULL",
            f"level text NOT NULL CONSTRAINT ck_patient_forum_level CHECK (level IN {_LEVELS})",
            "locality_id uuid",
            "practice text",
            "created_at timestamptz NOT NULL",
            "closed_on date",
            "version int NOT NULL DEFAULT 1",
            f"CONSTRAINT ck_patient_forum_place CHECK ({_PLACE})",
            f"CONSTRAINT fk_patient_forum_locality {_LOCALITY}",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_patient_forum_name ON patient_forum"
        " (commissioner_id, level, locality_id, practice, lower(name)) NULLS NOT DISTINCT"
    )
    migrate.tenant_table(
        "forum_member",
        [
            "forum_id uuid NOT NULL",
            "name text",
            "email text",
            "email_key text",
            "person_id uuid",
            "practice text",
            "role text NOT NULL CONSTRAINT ck_forum_member_role CHECK (role IN ('chair', 'deputy', 'secretary', 'member'))",
            "consented_on date NOT NULL",
            "consent_by text NOT NULL"
            " CONSTRAINT ck_forum_member_consent CHECK (consent_by IN ('paper', 'email', 'online', 'in_person'))",
            "joined_on date NOT NULL",
            "left_on date",
            "recorded_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_forum_member_left CHECK (CASE WHEN left_on IS NULL THEN name IS NOT NULL"
            " ELSE name IS NULL AND email IS NULL AND email_key IS NULL AND person_id IS NULL END)",
            f"CONSTRAINT fk_forum_member_forum {_FORUM}",
            "CONSTRAINT fk_forum_member_person FOREIGN KEY (commissioner_id, person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute("CREATE UNIQUE INDEX uq_forum_member_email ON forum_member (commissioner_id, forum_id, email_key)")
    op.execute("CREATE INDEX ix_forum_member_person ON forum_member (commissioner_id, person_id)")


def _issues() -> None:
    migrate.tenant_table(
        "issue",
        [
            "title text NOT NULL",
            "body text NOT NULL",
            "topic text",
            "forum_id uuid",
            "practice text",
            "locality_id uuid",
            f"origin text NOT NULL CONSTRAINT ck_issue_origin CHECK (origin IN {_LEVELS})",
            f"level text NOT NULL CONSTRAINT ck_issue_level CHECK (level IN {_LEVELS})",
            "practices text[]",
            "state text NOT NULL CONSTRAINT ck_issue_state CHECK (state IN ('open', 'answered', 'merged'))",
            "raised_by uuid",
            "raised_at timestamptz NOT NULL",
            "answered_at timestamptz",
            "merged_into uuid",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_issue_raiser CHECK (forum_id IS NOT NULL OR practice IS NOT NULL)",
            "CONSTRAINT ck_issue_merged CHECK ((state = 'merged') = (merged_into IS NOT NULL))",
            "CONSTRAINT ck_issue_place CHECK ((level <> 'practice' OR practice IS NOT NULL)"
            " AND (level <> 'locality' OR locality_id IS NOT NULL))",
            f"CONSTRAINT fk_issue_forum {_FORUM}",
            f"CONSTRAINT fk_issue_locality {_LOCALITY}",
            "CONSTRAINT fk_issue_merged_into FOREIGN KEY (commissioner_id, merged_into)"
            " REFERENCES issue (commissioner_id, id)",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute("CREATE INDEX ix_issue_raised ON issue (commissioner_id, raised_at, id)")
    op.execute("CREATE INDEX ix_issue_forum ON issue (commissioner_id, forum_id) WHERE forum_id IS NOT NULL")
    op.execute("CREATE INDEX ix_issue_practice ON issue (commissioner_id, practice) WHERE practice IS NOT NULL")
    migrate.tenant_table(
        "issue_supporter",
        [
            "issue_id uuid NOT NULL",
            "forum_id uuid",
            "practice text",
            "supported_at timestamptz NOT NULL",
            "CONSTRAINT ck_issue_supporter_one CHECK (num_nonnulls(forum_id, practice) = 1)",
            "CONSTRAINT uq_issue_supporter UNIQUE NULLS NOT DISTINCT (commissioner_id, issue_id, forum_id, practice)",
            f"CONSTRAINT fk_issue_supporter_issue {_ISSUE}",
            f"CONSTRAINT fk_issue_supporter_forum {_FORUM}",
        ],
        app="SELECT, INSERT",
        worker="SELECT",
    )
    migrate.tenant_table(
        "issue_step",
        [
            "issue_id uuid NOT NULL",
            "action text NOT NULL"
            " CONSTRAINT ck_issue_step_action CHECK (action IN ('raised', 'escalated', 'returned', 'merged'))",
            "level text NOT NULL",
            "reason text",
            "by_person uuid",
            "taken_at timestamptz NOT NULL",
            f"CONSTRAINT fk_issue_step_issue {_ISSUE}",
        ],
        app="SELECT, INSERT",
        worker="SELECT",
    )
    op.execute("CREATE INDEX ix_issue_step_issue ON issue_step (commissioner_id, issue_id, id)")
    migrate.tenant_table(
        "issue_response",
        [
            "issue_id uuid NOT NULL",
            f"level text NOT NULL CONSTRAINT ck_issue_response_level CHECK (level IN {_LEVELS})",
            "practice text",
            "locality_id uuid",
            "decision text NOT NULL CONSTRAINT ck_issue_response_decision"
            " CHECK (decision IN ('agreed', 'already_done', 'planned', 'declined'))",
            "text text NOT NULL CONSTRAINT ck_issue_response_text CHECK (length(text) > 0)",
            "due_on date",
            "may_be_named boolean NOT NULL",
            "by_person uuid",
            "responded_at timestamptz NOT NULL",
            "superseded_at timestamptz",
            f"CONSTRAINT ck_issue_response_place CHECK ({_PLACE})",
            f"CONSTRAINT fk_issue_response_issue {_ISSUE}",
            f"CONSTRAINT fk_issue_response_locality {_LOCALITY}",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT",
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_issue_response_current ON issue_response"
        " (commissioner_id, issue_id, practice, locality_id) NULLS NOT DISTINCT WHERE superseded_at IS NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_meeting_forum")
    op.execute("ALTER TABLE meeting DROP CONSTRAINT fk_meeting_forum")
    for table in ("issue_response", "issue_step", "issue_supporter", "issue", "forum_member", "patient_forum"):
        op.execute(f"DROP TABLE {table}")
