"""A list may have an adjusted size: the population by which networks are paid."""

from alembic import op

revision = "0032_adjusted_lists"
down_revision = "0031_claims"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "ALTER TABLE register_list_size ADD COLUMN adjusted numeric(18,6)"
        " CONSTRAINT ck_register_list_size_adjusted CHECK (adjusted >= 0)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE register_list_size DROP COLUMN adjusted")
