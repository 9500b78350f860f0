"""How finance books what a component pays."""

from dataclasses import dataclass, field

from app.calculation.language.members import member
from app.calculation.language.readers import FinanceCode, YesNo
from app.calculation.values import Booking


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedAs:
    """Where a component's money goes in the ledger. What is left out is the scheme's own pay code and cost centre.

    NHS care is outside the scope of VAT or exempt and some clinic-style work is not; what local authorities pay for
    enhanced services has been pensionable since 2013. So both are said of each component, not of a scheme.
    """

    pay_code: str | None = field(
        default=None, metadata=member(FinanceCode(), "The pay code. The scheme's own if absent.", "LIS01")
    )
    cost_centre: str | None = field(
        default=None, metadata=member(FinanceCode(), "The cost centre. The scheme's own if absent.")
    )
    subjective: str | None = field(
        default=None, metadata=member(FinanceCode(), "The subjective code: what kind of spending it is.", "52110010")
    )
    vat_code: str | None = field(
        default=None,
        metadata=member(FinanceCode(), "The VAT code by which the ledger knows how it is taxed.", "EXEMPT"),
    )
    pensionable: bool | None = field(
        default=None, metadata=member(YesNo(), "Whether it counts as pensionable pay. Not said if absent.")
    )

    def value(self) -> Booking:
        return Booking(self.pay_code, self.cost_centre, self.subjective, self.vat_code, self.pensionable)
