"""Which template a version's definition was made from, and what was filled in."""

from alembic import op

revision = "0036_templates"
down_revision = "0035_consultations"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "ALTER TABLE scheme_version ADD COLUMN template text, ADD COLUMN parameters json,"
        " ADD CONSTRAINT ck_scheme_version_template CHECK ((template IS NULL) = (parameters IS NULL))"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE scheme_version DROP COLUMN template, DROP COLUMN parameters")
