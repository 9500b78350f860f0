"""Tables of the schemes slice."""

revision = "0006_schemes"
down_revision = "0005_meetings"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
