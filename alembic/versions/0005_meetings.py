"""Tables of the meetings slice."""

revision = "0005_meetings"
down_revision = "0004_access"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
