"""Persons, posts and shared mailboxes."""

from alembic import op
from app.core import migrate

revision = "0003_people"
down_revision = "0002_organisations"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    rights = {"app": "SELECT, INSERT, UPDATE, DELETE", "worker": "SELECT, INSERT, UPDATE, DELETE"}
    migrate.tenant_table(
        "person",
        [
            "name text NOT NULL CONSTRAINT ck_person_name CHECK (length(name) BETWEEN 1 AND 200)",
            "email text",
            # Lower-case and trimmed, so that equality is enough and the index works under row-level security.
            "email_key text",
            "name_key text NOT NULL",
            "telephone text",
            "objects_to_listing boolean NOT NULL DEFAULT false",
            "bounced_at timestamptz",
            "erased_at timestamptz",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT uq_person_email UNIQUE (commissioner_id, email_key)",
        ],
        **rights,
        platform="SELECT, INSERT",
    )
    op.execute("CREATE INDEX ix_person_name ON person (commissioner_id, name_key)")
    migrate.tenant_table(
        "post",
        [
            "person_id uuid NOT NULL",
            "role text NOT NULL",
            "level text NOT NULL CONSTRAINT ck_post_level CHECK (level IN ('practice', 'locality', 'commissioner', 'lmc'))",
            "practice text",
            "locality_id uuid",
            "valid_from date NOT NULL",
            "valid_until date",
            "listed boolean NOT NULL",
            "confirmed_on date NOT NULL",
            "recorded_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT ck_post_period CHECK (valid_until IS NULL OR valid_until > valid_from)",
            "CONSTRAINT ck_post_place CHECK ((level = 'practice') = (practice IS NOT NULL) AND (level = 'locality') = (locality_id IS NOT NULL))",
            "CONSTRAINT fk_post_person FOREIGN KEY (commissioner_id, person_id) REFERENCES person (commissioner_id, id)",
            "CONSTRAINT fk_post_locality FOREIGN KEY (commissioner_id, locality_id) REFERENCES locality (commissioner_id, id)",
            # The same post twice at once would count a person twice; in two practices at once is common.
            "CONSTRAINT ex_post_same EXCLUDE USING gist (uuidrange(commissioner_id, commissioner_id, '[]') WITH &&,"
            " uuidrange(person_id, person_id, '[]') WITH &&, textrange(role, role, '[]') WITH &&,"
            " textrange(coalesce(practice, locality_id::text, level), coalesce(practice, locality_id::text, level), '[]') WITH &&,"
            " daterange(valid_from, valid_until) WITH &&) DEFERRABLE INITIALLY DEFERRED",
            # One current lead per practice; deputies are another role.
            "CONSTRAINT ex_post_named_lead EXCLUDE USING gist (uuidrange(commissioner_id, commissioner_id, '[]') WITH &&,"
            " textrange(practice, practice, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&)"
            " WHERE (role = 'named_lead') DEFERRABLE INITIALLY DEFERRED",
        ],
        **rights,
    )
    op.execute("CREATE INDEX ix_post_practice ON post (commissioner_id, practice, role, valid_from)")
    op.execute("CREATE INDEX ix_post_person ON post (commissioner_id, person_id)")
    op.execute("CREATE INDEX ix_post_role ON post (commissioner_id, role, valid_from)")
    migrate.tenant_table(
        "post_belief",
        [
            "post_id uuid NOT NULL",
            "role text NOT NULL",
            "practice text NOT NULL",
            "valid_from date NOT NULL",
            "valid_until date",
            "recorded_at timestamptz NOT NULL",
            "superseded_at timestamptz NOT NULL",
        ],
        # Never changed: what was known is known.
        app="SELECT, INSERT",
        worker="SELECT, INSERT",
    )
    op.execute("CREATE INDEX ix_post_belief_practice ON post_belief (commissioner_id, practice)")
    migrate.tenant_table(
        "mailbox",
        [
            "practice text NOT NULL",
            "email text NOT NULL",
            "bounced_at timestamptz",
            "recorded_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT uq_mailbox_practice UNIQUE (commissioner_id, practice)",
        ],
        **rights,
    )


def downgrade() -> None:
    for table in ("mailbox", "post_belief", "post", "person"):
        op.execute(f"DROP TABLE {table}")
