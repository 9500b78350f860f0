"""The one place where exact amounts become pence."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from app.calculation.rules.exact import Exact, simple
from app.calculation.values import RoundAt, Rounding, RoundMode


def rounded(value: Exact, mode: RoundMode) -> int:
    """The nearest whole number; what happens to halves and rests is the mode's.

    Halves go away from zero under `half_up`, and `down` goes towards zero, so that a clawback mirrors the payment it
    takes back: 841.5p is 842p and -841.5p is -842p.
    """
    if value.denominator == 1:
        return value.numerator
    whole, rest = divmod(abs(value.numerator), value.denominator)
    twice = 2 * rest
    if mode is RoundMode.HALF_UP:
        up = twice >= value.denominator
    elif mode is RoundMode.HALF_EVEN:
        up = twice > value.denominator or (twice == value.denominator and whole % 2 == 1)
    else:
        up = False
    return (whole + up) * (-1 if value.numerator < 0 else 1)


def in_places(value: Exact, rounding: Rounding, stage: RoundAt) -> Exact:
    """A factor or points, to the places that the definition asks for at that stage; else as exact as before.

    16,000 / 9,374 patients is 1.7068…, and 1.71 where factors are rounded to two places.
    """
    if rounding.at is not stage:
        return value
    unit = 10**rounding.dp
    return simple(Fraction(rounded(simple(Fraction(value) * unit), rounding.mode), unit))


def largest_remainder(amounts: Sequence[Exact], total: int, *, order: Sequence[int]) -> list[int]:
    """Whole pence that add up to `total`, which is within a penny of the amounts' exact sum.

    Everybody gets the whole pence below; what is left goes, a penny each, to the largest remainders. Equal remainders
    are served in `order`, a list of positions. 10,000.00 in three equal parts is 3,333.34, 3,333.33 and 3,333.33.
    """
    unit, whole = _common(amounts)
    shares = [amount // unit for amount in whole]
    left = total - sum(shares)
    # A stable sort of the order that was given serves equal remainders in that order.
    for position in sorted(order, key=lambda i: whole[i] % unit, reverse=True)[:left]:
        shares[position] += 1
    return shares


def exact_sum(amounts: Sequence[Exact]) -> Exact:
    unit, whole = _common(amounts)
    return simple(Fraction(sum(whole), unit))


def _common(amounts: Sequence[Exact]) -> tuple[int, list[int]]:
    """All amounts as integers over one denominator: thousands of fractions are added and compared much quicker so."""
    unit = lcm(*{amount.denominator for amount in amounts})
    return unit, [amount.numerator * (unit // amount.denominator) for amount in amounts]


def settle(earned: Sequence[Sequence[Exact]], rounding: Rounding, *, codes: Sequence[str]) -> list[list[int]]:
    """Pence for every practice's exact amounts. Shares of time are exact; factors and points were rounded by nodes."""
    if rounding.at is RoundAt.PERIOD:
        return [_settle_period(amounts, rounding.mode) for amounts in earned]
    if rounding.at is RoundAt.FINAL:
        return _settle_run(earned, rounding.mode, codes)
    return [[rounded(amount, rounding.mode) for amount in amounts] for amounts in earned]


def _settle_period(amounts: Sequence[Exact], mode: RoundMode) -> list[int]:
    """The practice's total is rounded once. The difference goes on its last line that earned anything: a line that
    says in words why it is 0.00 stays 0.00.
    """
    pence = [rounded(amount, mode) for amount in amounts]
    earning = [i for i, amount in enumerate(amounts) if amount]
    if earning:
        pence[earning[-1]] += rounded(exact_sum(amounts), mode) - sum(pence)
    return pence


def _settle_run(earned: Sequence[Sequence[Exact]], mode: RoundMode, codes: Sequence[str]) -> list[list[int]]:
    flat = [amount for amounts in earned for amount in amounts]
    owners = [code for code, amounts in zip(codes, earned, strict=True) for _ in amounts]
    # A stable sort: lines of one practice keep the order of their components.
    order = sorted(range(len(flat)), key=owners.__getitem__)
    shares = iter(largest_remainder(flat, rounded(exact_sum(flat), mode), order=order))
    return [[next(shares) for _ in amounts] for amounts in earned]
