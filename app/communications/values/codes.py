"""Codes by which somebody shows that a mobile number is theirs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

CODE_LIFE: Final = timedelta(minutes=10)
MOST_WRONG_CODES: Final = 5


@dataclass(frozen=True, slots=True)
class AskedCode:
    """One asking for a code. `operation_id` makes each another, so that an older code is not the newer one."""

    commissioner_id: UUID
    person_id: UUID
    mobile: str
    operation_id: UUID
