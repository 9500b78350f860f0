"""How far the money tests go: a slice in the suite, and as far as one likes with `HYPOTHESIS_PROFILE=deep` (docs/assurance.md)."""

import os
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

DEEP: Final = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
_DEEP_EXAMPLES: Final = int(os.environ.get("PLENARY_EXAMPLES", "200000"))


def examples(number: int) -> Any:
    """So many examples in the suite. A whole calculation takes milliseconds, and a loaded machine must not fail for it."""
    return settings(
        max_examples=_DEEP_EXAMPLES if DEEP else number,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large] if DEEP else [],
        print_blob=True,
    )


# In the suite each choice is one that Hypothesis makes and shrinks; deep down it draws a seed, several times quicker.
chances: Final = st.randoms(use_true_random=DEEP)
