"""Templates: an example definition in which some members may be said otherwise."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any


def filled(definition: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with each value at its JSON pointer, where something stands already.

    `{"pay": {"rate": "2.00"}}` with `{"/pay/rate": "2.50"}` pays 2.50. The rule is ours.
    """
    made = deepcopy(dict(definition))
    for pointer, value in values.items():
        *way, last = (_place(part) for part in pointer.removeprefix("/").split("/"))
        here: Any = made
        for part in way:
            here = here[part]
        # Read first: a pointer to nothing is a mistake of the template and may not add a member.
        here[last], _ = value, here[last]
    return made


def _place(part: str) -> str | int:
    return int(part) if part.isdigit() else part
