"""Values that examples share."""

from typing import Final

ID: Final = "0198c0de-0000-7000-8000-000000000001"
