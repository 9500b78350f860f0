"""Tables of the forums slice."""

revision = "0008_forums"
down_revision = "0007_learning"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
