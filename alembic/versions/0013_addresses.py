"""Addresses compared in one form, worked out anew for the rows that are there; and those that persons had before."""

from sqlalchemy import text

from alembic import op
from app.core import migrate
from app.core.addresses import address_key

revision = "0013_addresses"
down_revision = "0012_turns"

# (table, what is compared, what it is worked out from)
COMPARED = (
    ("person", "email_key", "email"),
    ("forum_member", "email_key", "email"),
    ("role_grant", "bound_email", "bound_email"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, key, source in COMPARED:
        _compare_anew(table, key, source)
    _remember()
    # A correction or an end must not hide from decisions about money where somebody has been; an id, never a name.
    op.execute("ALTER TABLE post_belief ADD COLUMN person_id uuid")
    op.execute("CREATE INDEX ix_post_belief_person ON post_belief (commissioner_id, person_id)")


def _compare_anew(table: str, key: str, source: str) -> None:
    """Two persons who turn out to have one address stop the migration: somebody has to say which of them it is."""
    connection = op.get_bind()
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    rows = connection.execute(
        text(f"SELECT commissioner_id, id, {source} AS address, {key} AS key FROM {table} WHERE {source} IS NOT NULL")
    ).all()
    change = text(f"UPDATE {table} SET {key} = :key WHERE commissioner_id = :tenant AND id = :id")
    for row in rows:
        if row.key != address_key(row.address):
            connection.execute(change, {"key": address_key(row.address), "tenant": row.commissioner_id, "id": row.id})
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _remember() -> None:
    """By trigger, so that no way of changing a person forgets it, and of two transactions the later one sees it."""
    migrate.tenant_table(
        "former_address",
        [
            "email_key text NOT NULL",
            "person_id uuid NOT NULL",
            "given_up_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "CONSTRAINT pk_former_address PRIMARY KEY (commissioner_id, email_key)",
            "CONSTRAINT fk_former_address_person FOREIGN KEY (commissioner_id, person_id)"
            " REFERENCES person (commissioner_id, id)",
        ],
        app="SELECT, INSERT, DELETE",
        worker="SELECT, INSERT, DELETE",
        platform="SELECT",
    )
    op.execute("CREATE INDEX ix_former_address_person ON former_address (commissioner_id, person_id)")
    op.execute(
        """
CREATE FUNCTION keep_former_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.erased_at IS NOT NULL THEN
      DELETE FROM former_address f WHERE f.commissioner_id = NEW.commissioner_id AND f.person_id = NEW.id;
      RETURN NULL;
    END IF;
    IF NEW.email_key IS NOT DISTINCT FROM OLD.email_key THEN
      RETURN NULL;
    END IF;
    DELETE FROM former_address f WHERE f.commissioner_id = NEW.commissioner_id AND f.person_id = NEW.id
      AND f.email_key = NEW.email_key;
    IF OLD.email_key IS NOT NULL THEN
      INSERT INTO former_address (commissioner_id, email_key, person_id)
      VALUES (OLD.commissioner_id, OLD.email_key, OLD.id);
    END IF;
  END IF;
  IF EXISTS (SELECT 1 FROM former_address f WHERE f.commissioner_id = NEW.commissioner_id
             AND f.email_key = NEW.email_key) THEN
    RAISE EXCEPTION 'the address was another person''s'
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'pk_former_address';
  END IF;
  RETURN NULL;
END $$"""
    )
    op.execute(
        "CREATE TRIGGER former_address AFTER INSERT OR UPDATE OF email_key, erased_at ON person"
        " FOR EACH ROW EXECUTE FUNCTION keep_former_address()"
    )


def downgrade() -> None:
    """The keys before are not kept; lower-case addresses are the same in both forms."""
    op.execute("ALTER TABLE post_belief DROP COLUMN person_id")
    op.execute("DROP TRIGGER former_address ON person")
    op.execute("DROP FUNCTION keep_former_address")
    op.execute("DROP TABLE former_address")
