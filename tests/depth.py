"""How far the money tests go: a slice in the suite; as far as they are told by `HYPOTHESIS_PROFILE=deep` (docs/assurance.md)."""

import os
from typing import Final

DEEP: Final = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
EXAMPLES: Final = int(os.environ.get("PLENARY_EXAMPLES", "100000"))
"""How many examples each property tries when it goes deep."""
