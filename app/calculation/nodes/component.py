"""What every paying node shares: its id, its payee, its booking, and the price of a year or a period."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar, Final

from app.calculation.errors import BrokenMonth
from app.calculation.language.members import member
from app.calculation.language.readers import ComponentId, Exactly, OrganisationCode
from app.calculation.language.reading import pointer
from app.calculation.language.structures import Declared
from app.calculation.nodes.booking import BookedAs
from app.calculation.rules.earning import PayingNode, Run, has_broken_month
from app.calculation.rules.exact import Exact, exact, simple
from app.calculation.rules.wording import share_text
from app.calculation.values import Booking, Node, Payee, Problem
from app.core.clock import Period, add_months, financial_year, financial_year_start


class RatePer(StrEnum):
    YEAR = "year"
    PERIOD = "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationPayee:
    """Another organisation that is paid instead of the practice, such as an out-of-hours provider."""

    type: str = field(metadata=member(Exactly("organisation"), "Always `organisation`."))
    code: str = field(metadata=member(OrganisationCode(), "The organisation's code."))

    def value(self) -> Payee:
        return Payee("organisation", self.code)


BOOKED: Final = {"pay_code": "LIS01", "cost_centre": "C100", "vat_code": "EXEMPT", "pensionable": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Component(PayingNode):
    """A node that makes a line of its own."""

    # The member that everything it pays is multiplied by, where there is one.
    price: ClassVar[str | None] = None
    id: str = field(metadata=member(ComponentId(), "Names the line. Unique in the definition.", "engagement"))
    payee: OrganisationPayee | None = field(
        default=None, metadata=member(Declared(OrganisationPayee), "Who is paid. The practice itself if absent.")
    )
    booking: BookedAs | None = field(
        default=None,
        metadata=member(Declared(BookedAs), "How finance books it. By the scheme's own codes if absent.", BOOKED),
    )

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        # What else it is besides a component, such as paid in parts of a year, has problems of its own.
        yield from super(Component, self).problems(at, inside=inside, applies=applies)
        is_yearly = getattr(self, "rate_per", None) is RatePer.YEAR
        allowed = any(isinstance(node, PayingNode) and node.allows_broken_months for node in inside)
        if is_yearly and not allowed and has_broken_month(applies):
            yield Problem(pointer(at, "rate_per"), BrokenMonth.code, f"{BrokenMonth.title} {BrokenMonth.hint}")

    def priced(self) -> tuple["Component", Decimal]:
        """Itself without its price and whatever changes no figure, to be compared with others; and the price."""
        price = getattr(self, self.price) if self.price else None
        changed = {self.price: None} if self.price else {}
        return replace(self, id="", payee=None, booking=None, **changed), price or Decimal(0)

    def payee_value(self) -> Payee | None:
        return self.payee.value() if self.payee else None

    def booking_value(self) -> Booking:
        return self.booking.value() if self.booking else Booking()

    def payee_words(self) -> str:
        return f" It is paid to the organisation {self.payee.code}." if self.payee else ""


@dataclass(frozen=True, slots=True)
class TimeShare:
    """The part of a price that a period earns, with its words and workings."""

    share: Exact
    words: str
    workings: tuple[dict[str, Any], ...]


WHOLE_PRICE = TimeShare(1, "", ())


def time_share(rate_per: RatePer, run: Run) -> TimeShare:
    """A quarter earns 3/12 of a price for a year; a price for the period is earned whole.

    A period of broken months has no twelfths. Inside a pro_rata by days it earns its days over the days of the
    financial year, 365 or 366: 183 days from 1 October 2023 are half of a year of 366.
    """
    if rate_per is RatePer.PERIOD:
        return WHOLE_PRICE
    if run.period.whole_months() is None and not run.by_days:
        raise BrokenMonth
    share = year_share(run.period)
    words = "" if share == 1 else share_text(share)
    return TimeShare(simple(share), words, ({"operator": "share_of_year", "value": _ratio(share), "inputs": []},))


def year_share(period: Period) -> Fraction:
    """Twelfths for whole months; for a broken month the days over the days of their financial year."""
    months = period.whole_months()
    return Fraction(months, 12) if months is not None else _share_in_days(period)


def year_words(rate_per: RatePer) -> str:
    return "a year " if rate_per is RatePer.YEAR else ""


def pence(pounds: Decimal) -> Exact:
    return simple(exact(pounds) * 100)


def _ratio(share: Fraction) -> str:
    return f"{share.numerator}/{share.denominator}" if share.denominator != 1 else str(share.numerator)


def _share_in_days(period: Period) -> Fraction:
    return sum((Fraction(part.days, year.days) for part, year in _by_financial_year(period)), Fraction(0))


def _by_financial_year(period: Period) -> Iterator[tuple[Period, Period]]:
    start = financial_year_start(financial_year(period.valid_from))
    while period.contains(start) or start <= period.valid_from:
        year = Period(start, add_months(start, 12))
        part = period.intersection(year)
        if part is not None:
            yield part, year
        start = add_months(start, 12)
