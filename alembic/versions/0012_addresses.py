"""Addresses compared in one form, worked out anew for the rows that are there."""

from sqlalchemy import text

from alembic import op
from app.core.addresses import address_key

revision = "0012_addresses"
down_revision = "0010_communications"

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


def downgrade() -> None:
    """The keys before are not kept; lower-case addresses are the same in both forms."""
