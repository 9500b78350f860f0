"""How one payment is booked: by the bookings of its lines, to the penny of what is paid."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from app.calculation.values import Booking
from app.payments.values import BookedLine, FilePayment


def booked_lines(payment: FilePayment, own: Booking) -> tuple[BookedLine, ...]:
    """One line for each booking, and one for the balance; together they are what is paid.

    Lines of 150.00 to C100 and 50.00 to C200 make a total of 200.00; 120.00 are owed from before, so 80.00 are paid: 150.00
    to C100, 50.00 to C200 and a balance of -120.00. The balance comes from lines of earlier runs, which may have been
    booked in many ways; it is booked as the largest line is, C100, so that every line has an account that the ledger knows.
    Without any line it is the scheme's own. The rule is ours.
    """
    sums: defaultdict[Booking, int] = defaultdict(int)
    for entry in payment.entries:
        sums[entry.booking] += entry.amount
    lines = [BookedLine(booking, sums[booking]) for booking in sorted(sums, key=booking_order) if sums[booking]]
    balance = payment.payable - sum(line.amount for line in lines)
    if not balance:
        return tuple(lines)
    largest = max(lines, key=lambda line: line.amount, default=None)
    return (*lines, BookedLine(largest.booking if largest else own, balance, is_balance=True))


def shares(paid: int, amounts: Sequence[int]) -> list[int]:
    """What was paid, in the proportion of the amounts, by largest remainder: no penny lost or made.

    80.00 paid of lines of 150.00 and 50.00 are 60.00 and 20.00; 0.01 of two equal lines goes to the first, and so does all
    of it where the lines cancel out. The rule is ours.
    """
    whole = sum(amounts)
    if not whole:
        return [paid, *[0] * (len(amounts) - 1)]
    found = [paid * amount // whole for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda place: -(paid * amounts[place] % whole))
    for place in by_remainder[: paid - sum(found)]:
        found[place] += 1
    return found


def filled(booking: Booking, own: Booking) -> Booking:
    """What a component leaves out is the scheme's own."""
    return replace(
        booking, pay_code=booking.pay_code or own.pay_code, cost_centre=booking.cost_centre or own.cost_centre
    )


def account_of(booking: Booking) -> Booking:
    """Where a budget counts it: by pay code, cost centre and subjective alone."""
    return Booking(booking.pay_code, booking.cost_centre, booking.subjective)


def booking_order(booking: Booking) -> tuple[str, str, str, str, str]:
    """By cost centre, subjective and pay code; what is not said comes first."""
    pensionable = "" if booking.pensionable is None else str(booking.pensionable)
    texts = (booking.cost_centre, booking.subjective, booking.pay_code, booking.vat_code)
    return (*(text or "" for text in texts), pensionable)  # pyright: ignore - four texts and one
