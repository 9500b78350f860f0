"""Commissioners, the national register, localities, imports, practice changes, and the published practice."""

from alembic import op
from app.core import migrate
from app.core.ids import PLATFORM_ID

revision = "0002_organisations"
down_revision = "0001_core"

REGISTER = {"app": "SELECT", "worker": "SELECT", "platform": "SELECT, INSERT, UPDATE, DELETE"}
PERIOD = "CONSTRAINT ck_{0}_period CHECK (valid_until IS NULL OR valid_until > valid_from)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _commissioners()
    _register()
    _localities()
    _imports()
    _published()
    _views()
    _platform()


def _platform() -> None:
    """The platform is itself a tenant: its keys, operations, audit and idempotency rows live there."""
    op.execute(f"SELECT set_config('app.commissioner', '{PLATFORM_ID}', true)")
    op.execute(
        "INSERT INTO commissioner (id, code, name, kind, created_at)"
        f" VALUES ('{PLATFORM_ID}', 'PLATFORM', 'Plenary', 'platform', clock_timestamp())"
    )
    op.execute(f"INSERT INTO published.change_number (commissioner_id) VALUES ('{PLATFORM_ID}')")
    op.execute("SELECT set_config('app.commissioner', '', true)")


def _commissioners() -> None:
    op.execute(
        """
CREATE TABLE commissioner (
  id uuid CONSTRAINT pk_commissioner PRIMARY KEY,
  code text NOT NULL CONSTRAINT uq_commissioner_code UNIQUE
    CONSTRAINT ck_commissioner_code CHECK (code ~ '^[A-Z0-9-]{2,20}$'),
  name text NOT NULL,
  kind text NOT NULL
    CONSTRAINT ck_commissioner_kind CHECK (kind IN ('ccg', 'icb', 'sub_icb_location', 'place', 'platform')),
  created_at timestamptz NOT NULL,
  version int NOT NULL DEFAULT 1
)"""
    )
    op.execute("ALTER TABLE commissioner ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE commissioner FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY tenant ON commissioner USING (id = nullif(current_setting('app.commissioner', true), '')::uuid)"
    )
    migrate.open_policy("commissioner", "platform")
    migrate.grant("commissioner", app="SELECT", worker="SELECT", platform="SELECT, INSERT, UPDATE")


def _register() -> None:
    """The national register: no tenant, written by the platform login, read by all."""
    op.execute(
        """
CREATE TABLE register_organisation (
  code text CONSTRAINT pk_register_organisation PRIMARY KEY,
  name text,
  kind text NOT NULL CONSTRAINT ck_register_organisation_kind CHECK (kind IN ('commissioner', 'icb', 'network', 'other')),
  parent_code text,
  name_as_at date,
  parent_as_at date,
  updated_at timestamptz NOT NULL
)"""
    )
    op.execute("CREATE INDEX ix_register_organisation_parent ON register_organisation (parent_code)")
    op.execute(
        """
CREATE TABLE register_practice (
  code text CONSTRAINT pk_register_practice PRIMARY KEY
    CONSTRAINT ck_register_practice_code CHECK (code ~ '^[A-Z0-9]{3,8}$'),
  name text NOT NULL,
  status text NOT NULL CONSTRAINT ck_register_practice_status CHECK (status IN ('active', 'closed', 'dormant', 'proposed')),
  prescribing_setting text,
  is_practice boolean NOT NULL,
  address_lines text[] NOT NULL,
  postcode text,
  telephone text,
  opened_on date,
  closed_on date,
  successor_code text,
  contract text,
  dispensing boolean,
  rural boolean,
  single_handed boolean,
  training boolean,
  imd_score numeric,
  imd_decile int,
  profile_as_at jsonb NOT NULL DEFAULT '{}',
  as_at date,
  updated_at timestamptz NOT NULL
)"""
    )
    op.execute(
        f"""
CREATE TABLE register_membership_source (
  practice text NOT NULL,
  source text NOT NULL,
  commissioner text NOT NULL,
  valid_from date NOT NULL,
  valid_until date,
  as_at date NOT NULL,
  CONSTRAINT pk_register_membership_source PRIMARY KEY (practice, source, commissioner, valid_from),
  {PERIOD.format("register_membership_source")}
)"""
    )
    # The hash of the code stands for it: ranges of text know no distance, and an index of them took a millisecond a row.
    op.execute(
        f"""
CREATE TABLE register_membership (
  id uuid CONSTRAINT pk_register_membership PRIMARY KEY,
  practice text NOT NULL,
  commissioner text NOT NULL,
  valid_from date NOT NULL,
  valid_until date,
  source text NOT NULL,
  recorded_at timestamptz NOT NULL,
  superseded_at timestamptz,
  {PERIOD.format("register_membership")},
  CONSTRAINT ex_register_membership_overlap EXCLUDE USING gist (
    int8range(hashtextextended(practice, 0), hashtextextended(practice, 0), '[]') WITH &&,
    daterange(valid_from, valid_until) WITH &&)
    WHERE (superseded_at IS NULL) DEFERRABLE INITIALLY DEFERRED
)"""
    )
    op.execute("CREATE INDEX ix_register_membership_practice ON register_membership (practice, valid_from)")
    op.execute("CREATE INDEX ix_register_membership_commissioner ON register_membership (commissioner, valid_from)")
    op.execute(
        f"""
CREATE TABLE register_network_membership (
  id uuid CONSTRAINT pk_register_network_membership PRIMARY KEY,
  practice text NOT NULL,
  network text NOT NULL,
  valid_from date NOT NULL,
  valid_until date,
  as_at date NOT NULL,
  recorded_at timestamptz NOT NULL,
  superseded_at timestamptz,
  {PERIOD.format("register_network_membership")}
)"""
    )
    op.execute(
        "CREATE INDEX ix_register_network_membership_practice ON register_network_membership (practice, valid_from)"
    )
    op.execute(
        "CREATE INDEX ix_register_network_membership_network ON register_network_membership (network, valid_from)"
    )
    op.execute(
        """
CREATE TABLE register_list_size (
  id uuid CONSTRAINT pk_register_list_size PRIMARY KEY,
  practice text NOT NULL,
  as_at date NOT NULL,
  source text NOT NULL,
  published_period text,
  registered numeric(18,6) CONSTRAINT ck_register_list_size_registered CHECK (registered >= 0),
  weighted numeric(18,6) CONSTRAINT ck_register_list_size_weighted CHECK (weighted >= 0),
  recorded_at timestamptz NOT NULL,
  superseded_at timestamptz,
  CONSTRAINT uq_register_list_size UNIQUE (practice, as_at, source, recorded_at)
)"""
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_register_list_size_current ON register_list_size (practice, as_at, source) WHERE superseded_at IS NULL"
    )
    for table in ("organisation", "practice", "membership_source", "membership", "network_membership", "list_size"):
        migrate.grant(f"register_{table}", **REGISTER)


def _localities() -> None:
    migrate.tenant_table(
        "locality",
        [
            "code text NOT NULL CONSTRAINT ck_locality_code CHECK (length(code) BETWEEN 1 AND 40)",
            "name text NOT NULL CONSTRAINT ck_locality_name CHECK (length(name) BETWEEN 1 AND 200)",
            "description text",
            "version int NOT NULL DEFAULT 1",
            "CONSTRAINT uq_locality_code UNIQUE (commissioner_id, code)",
        ],
        app="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, INSERT, UPDATE",
        platform="SELECT",
    )
    for table, thing in (("locality_membership", "locality_id uuid NOT NULL"), ("place_membership", "")):
        clauses = [
            "practice text NOT NULL",
            "valid_from date NOT NULL",
            "valid_until date",
            "recorded_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
            PERIOD.format(table),
            f"CONSTRAINT ex_{table}_overlap EXCLUDE USING gist (uuidrange(commissioner_id, commissioner_id, '[]') WITH &&,"
            " textrange(practice, practice, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&)"
            " DEFERRABLE INITIALLY DEFERRED",
        ]
        if thing:
            clauses += [
                thing,
                "CONSTRAINT fk_locality_membership_locality FOREIGN KEY (commissioner_id, locality_id)"
                " REFERENCES locality (commissioner_id, id)",
            ]
        migrate.tenant_table(
            table,
            clauses,
            app="SELECT, INSERT, UPDATE, DELETE",
            worker="SELECT, INSERT, UPDATE, DELETE",
            # A closure ends the practice's place in every tenant, each inside that tenant.
            platform="SELECT, INSERT, UPDATE, DELETE",
        )
        op.execute(f"CREATE INDEX ix_{table}_practice ON {table} (commissioner_id, practice, valid_from)")
        # An import of the register rebuilds every tenant's projection, and a projection shows the locality.
        migrate.open_policy(table, "platform", command_="SELECT")
    migrate.open_policy("locality", "platform", command_="SELECT")


def _imports() -> None:
    migrate.tenant_table(
        "import_run",
        [
            "kind text NOT NULL",
            "file_name text NOT NULL",
            "file_digest bytea NOT NULL",
            "content bytea",
            "options jsonb NOT NULL",
            "dry_run boolean NOT NULL",
            "state text NOT NULL CONSTRAINT ck_import_run_state CHECK (state IN ('queued', 'succeeded', 'failed'))",
            "operation_id uuid NOT NULL",
            "result jsonb",
            "created_at timestamptz NOT NULL",
            "finished_at timestamptz",
            "version int NOT NULL DEFAULT 1",
        ],
        app="SELECT, INSERT, UPDATE",
        worker="SELECT, INSERT, UPDATE, DELETE",
        platform="SELECT, INSERT, UPDATE",
    )
    migrate.tenant_table(
        "import_error",
        [
            "import_id uuid NOT NULL",
            "no int NOT NULL",
            '"row" int NOT NULL',
            '"column" text NOT NULL',
            "code text NOT NULL",
            "detail text NOT NULL",
            "CONSTRAINT pk_import_error PRIMARY KEY (commissioner_id, import_id, no)",
            "CONSTRAINT fk_import_error_import FOREIGN KEY (commissioner_id, import_id)"
            " REFERENCES import_run (commissioner_id, id) ON DELETE CASCADE",
        ],
        app="SELECT, INSERT",
        worker="SELECT, INSERT, DELETE",
        platform="SELECT, INSERT",
    )
    migrate.tenant_table(
        "practice_change",
        [
            "kind text NOT NULL CONSTRAINT ck_practice_change_kind CHECK (kind IN ('close', 'merge', 'move', 'commissioner_merge'))",
            "practice text",
            "successor text",
            "detail jsonb NOT NULL",
            "effective_on date NOT NULL",
            "applied_at timestamptz",
            "created_at timestamptz NOT NULL",
            "version int NOT NULL DEFAULT 1",
        ],
        app="SELECT",
        worker="SELECT",
        platform="SELECT, INSERT, UPDATE, DELETE",
    )


def _published() -> None:
    migrate.tenant_table(
        "published.practice",
        [
            "code text NOT NULL",
            "name text NOT NULL",
            "search text NOT NULL",
            "status text NOT NULL",
            "address jsonb NOT NULL",
            "postcode text",
            "postcode_key text",
            "telephone text",
            "opened_on date",
            "closed_on date",
            "commissioner_code text",
            "commissioner_name text",
            "member_from date",
            "member_until date",
            "locality_id uuid",
            "locality_name text",
            "network_code text",
            "network_name text",
            "registered numeric(18,6)",
            "weighted numeric(18,6)",
            "list_as_at date",
            "profile jsonb NOT NULL",
            "lead_name text",
            "lead_post text",
            "successor text",
            "changed_at timestamptz NOT NULL",
            "CONSTRAINT pk_published_practice PRIMARY KEY (commissioner_id, code)",
        ],
        app="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, INSERT, UPDATE, DELETE",
        platform="SELECT, INSERT, UPDATE, DELETE",
        reader="SELECT",
    )
    op.execute("CREATE INDEX ix_published_practice_postcode ON published.practice (commissioner_id, postcode_key)")
    op.execute("CREATE INDEX ix_published_practice_locality ON published.practice (commissioner_id, locality_id, code)")
    migrate.open_policy("published.practice", "platform")
    migrate.open_policy("published.practice", "reader", command_="SELECT")


def _views() -> None:
    """Which practice belongs to which tenant, and when: the one place where the four kinds of tenant differ.

    `security_invoker` makes the policies of the caller's login hold inside the view, so a tenant sees its own rows.
    """
    op.execute(
        """
CREATE VIEW practice_member WITH (security_invoker = true) AS
SELECT area.commissioner_id, m.practice, m.commissioner AS register_commissioner, m.valid_from, m.valid_until
FROM (
  SELECT id AS commissioner_id, code FROM commissioner WHERE kind IN ('ccg', 'sub_icb_location', 'icb')
  UNION ALL
  SELECT c.id, o.code FROM commissioner c JOIN register_organisation o ON o.parent_code = c.code
  WHERE c.kind = 'icb' AND o.kind = 'commissioner' AND o.code <> c.code
) area
JOIN register_membership m ON m.commissioner = area.code AND m.superseded_at IS NULL
JOIN register_practice r ON r.code = m.practice AND r.is_practice
UNION ALL
SELECT p.commissioner_id, p.practice, NULL, p.valid_from, p.valid_until
FROM place_membership p JOIN commissioner c ON c.id = p.commissioner_id AND c.kind = 'place'
"""
    )
    migrate.grant("practice_member", app="SELECT", worker="SELECT", platform="SELECT")


def downgrade() -> None:
    op.execute("DROP VIEW practice_member")
    op.execute("DROP TABLE published.practice")
    for table in (
        "practice_change",
        "import_error",
        "import_run",
        "place_membership",
        "locality_membership",
        "locality",
    ):
        op.execute(f"DROP TABLE {table}")
    for table in ("list_size", "network_membership", "membership", "membership_source", "practice", "organisation"):
        op.execute(f"DROP TABLE register_{table}")
    op.execute("DROP TABLE commissioner")
