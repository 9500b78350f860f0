"""Tables of the learning slice."""

revision = "0007_learning"
down_revision = "0006_schemes"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
