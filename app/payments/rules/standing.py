"""Where a scheme's money stands, account by account: each sum of the accounts is the scheme's."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from app.calculation.values import Booking
from app.core.money import format_pounds
from app.core.sheets import safe_text
from app.payments.rules.splitting import account_of, booking_order, shares
from app.payments.values import ACCOUNT_FIGURES, AccountStand, Moved

Sums = Mapping[Booking, int]


def paid_by_account(moved: Sequence[Moved]) -> dict[Booking, int]:
    """What was paid of each account; of a payment that was not paid in full, in the proportion of its lines."""
    found: defaultdict[Booking, int] = defaultdict(int)
    in_part: defaultdict[tuple[UUID, int], list[Moved]] = defaultdict(list)
    for each in moved:
        found[account_of(each.booking)] += each.paid
        if each.part_of is not None:
            in_part[each.part_of.payment, each.part_of.amount].append(each)
    for (_, amount), lines in in_part.items():
        for line, share in zip(lines, shares(amount, [line.posted for line in lines]), strict=True):
            found[account_of(line.booking)] += share
    return dict(found)


def stand_by_account(
    *, own: Booking, entitled: Sums, unclaimed: Sums, offered: Sums, moved: Sequence[Moved], waived: int
) -> list[AccountStand]:
    """By cost centre, subjective and pay code; the scheme's own where nothing is booked at all.

    With 1,000.00 due to C100 of which 600.00 are posted, and 400.00 more on offer: an accrual of 400.00 and an outturn of
    1,400.00. If 150.00 of the 1,000.00 have to be claimed and nobody has, the accrual is 250.00: nothing is owed until it
    is claimed, and it still may be. What was waived is a debt of several lines, and stands where the scheme is booked: 24.99
    were paid, are not due and do not come back, so the outturn is 24.99 more. The rule is ours.
    """
    posted: defaultdict[Booking, int] = defaultdict(int)
    for each in moved:
        posted[account_of(each.booking)] += each.posted
    paid = paid_by_account(moved)
    accounts = {*entitled, *offered, *posted, *paid}
    if waived or not accounts:
        accounts.add(account_of(own))
    waived_of = {account_of(own): waived}
    return [
        AccountStand(
            account,
            entitled=entitled.get(account, 0),
            posted=posted.get(account, 0),
            paid=paid.get(account, 0),
            forecast_outturn=entitled.get(account, 0) + offered.get(account, 0) + waived_of.get(account, 0),
            unclaimed=unclaimed.get(account, 0),
            waived=waived_of.get(account, 0),
        )
        for account in sorted(accounts, key=booking_order)
    ]


def summed(stands: Iterable[AccountStand], account: Booking = Booking()) -> AccountStand:
    several = list(stands)
    return AccountStand(
        account,
        entitled=sum(each.entitled for each in several),
        posted=sum(each.posted for each in several),
        paid=sum(each.paid for each in several),
        forecast_outturn=sum(each.forecast_outturn for each in several),
        unclaimed=sum(each.unclaimed for each in several),
        waived=sum(each.waived for each in several),
    )


def add_up(stands: Iterable[AccountStand]) -> list[AccountStand]:
    """Several schemes' stands as one for each account."""
    found: defaultdict[Booking, list[AccountStand]] = defaultdict(list)
    for each in stands:
        found[each.account].append(each)
    return [summed(found[account], account) for account in sorted(found, key=booking_order)]


def position_csv(on: date, rows: Sequence[tuple[str, str, AccountStand]], *, more: bool = False) -> bytes:
    """A row for each scheme and account, then one `control` row with the sums of those above it; `subtotal` where more schemes
    follow on another page, so that nobody takes a part for the whole.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    names = ("record", "on", "scheme", "financial_year", "cost_centre", "subjective", "pay_code")
    writer.writerow((*names, *ACCOUNT_FIGURES))
    for scheme, year, stand in rows:
        account = stand.account
        codes = (scheme, year, account.cost_centre, account.subjective, account.pay_code)
        writer.writerow(("account", on.isoformat(), *(safe_text(code or "") for code in codes), *_amounts(stand)))
    writer.writerow(
        ("subtotal" if more else "control", on.isoformat(), *[""] * 5, *_amounts(summed(stand for _, _, stand in rows)))
    )
    return text.getvalue().encode()


def _amounts(stand: AccountStand) -> list[str]:
    return [format_pounds(pence) for pence in stand.figures().values()]
