"""Tables of the communications slice."""

revision = "0010_communications"
down_revision = "0009_payments"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
