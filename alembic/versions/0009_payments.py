"""Tables of the payments slice."""

revision = "0009_payments"
down_revision = "0008_forums"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
