"""What a ledger calls a payee, for an organisation that no register has."""

from alembic import op

revision = "0041_supplier_names"
down_revision = "0040_corrected_again"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE supplier ADD COLUMN name text")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE supplier DROP COLUMN name")
