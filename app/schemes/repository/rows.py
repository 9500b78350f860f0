"""Many rows at once, as one JSON parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

# One JSON parameter holds all rows, so thousands are one statement whatever the limit on parameters.
ROWS = "FROM json_populate_recordset(NULL::{0}, CAST(:rows AS json)) AS r"


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
