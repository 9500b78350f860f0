"""What money was worked out by is written once: facts, published versions, and the words that a practice accepted."""

from alembic import op
from app.core import migrate

revision = "0014_written_once"
down_revision = "0013_addresses"

# A fact is confirmed or superseded, and says what it said.
CHANGED_OF_A_FACT = "state, confirmed_at, confirmed_by, superseded_at, version"
# (table, when the row is fixed, what of it is; plain json has no equality of its own)
FIXED = (
    (
        "scheme_version",
        "OLD.state = 'published'",
        ("state", "n", "applies_from", "applies_until", "definition::text", "words", "words_digest"),
    ),
    (
        "participation",
        "OLD.state = 'accepted' AND OLD.source = 'offer'",
        ("state", "version_n", "words_digest", "signed_on", "signatory_name", "signatory_capacity"),
    ),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for login in ("app", "worker"):
        op.execute(f"REVOKE UPDATE ON scheme_fact FROM {migrate.role(login)}")
        migrate.grant("scheme_fact", **{login: f"UPDATE ({CHANGED_OF_A_FACT})"})
    op.execute(
        """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a row of % is written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$"""
    )
    for table, is_fixed, columns in FIXED:
        before, after = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN ({is_fixed} AND ({before}) IS DISTINCT FROM ({after})) EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table, _, _ in FIXED:
        op.execute(f"DROP TRIGGER written_once ON {table}")
    op.execute("DROP FUNCTION refuse_change")
    for login in ("app", "worker"):
        op.execute(f"REVOKE UPDATE ({CHANGED_OF_A_FACT}) ON scheme_fact FROM {migrate.role(login)}")
        migrate.grant("scheme_fact", **{login: "UPDATE"})
