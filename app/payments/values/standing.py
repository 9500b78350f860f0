"""Where the money of an account stands on a day, and what was agreed about debts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.calculation.values import Booking


class ArrangementKind(StrEnum):
    """What two people agree about money that a payee owes: to take it back in parts, or to waive it."""

    RECOVER = "recover"
    WAIVE = "waive"


@dataclass(frozen=True, slots=True)
class AgreedDebt:
    """What two people have agreed about a debt, as notices need it: `waived` pence, or `most` pence from each payment."""

    scheme_id: UUID
    practice: str
    payee: str
    waived: int | None
    most: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class PartPaid:
    """A payment of which more or less was paid than its lines come to, and how much."""

    payment: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Lines of released runs that are booked in one way: pence posted, and pence paid where they were paid in full.

    Lines of a payment that was paid otherwise stand apart: what was paid of each is a share of it.
    """

    booking: Booking
    posted: int
    paid: int
    part_of: PartPaid | None = None


@dataclass(frozen=True, slots=True)
class AccountStand:
    """Pence of one pay code, cost centre and subjective."""

    account: Booking
    entitled: int = 0
    posted: int = 0
    paid: int = 0
    forecast_outturn: int = 0
    unclaimed: int = 0
    waived: int = 0

    @property
    def accrual(self) -> int:
        return self.entitled - self.unclaimed - self.posted

    def figures(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ACCOUNT_FIGURES}


ACCOUNT_FIGURES: Final = ("entitled", "unclaimed", "posted", "paid", "accrual", "waived", "forecast_outturn")
