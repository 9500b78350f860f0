"""The one place where exact amounts become pence."""

from collections.abc import Sequence

from app.calculation.rules.exact import Exact
from app.calculation.values import RoundAt, Rounding, RoundMode


def rounded(value: Exact, mode: RoundMode) -> int:
    """The nearest whole number; what happens to halves and rests is the mode's.

    Halves go away from zero under `half_up`, and `down` goes towards zero, so that a clawback mirrors the payment it
    takes back: 841.5p is 842p and -841.5p is -842p.
    """
    whole, rest = divmod(abs(value.numerator), value.denominator)
    twice = 2 * rest
    up = {
        RoundMode.HALF_UP: twice >= value.denominator,
        RoundMode.HALF_EVEN: twice > value.denominator or (twice == value.denominator and whole % 2 == 1),
        RoundMode.DOWN: False,
    }[mode]
    return (whole + up) * (-1 if value < 0 else 1)


def largest_remainder(amounts: Sequence[Exact], total: int, *, order: Sequence[int]) -> list[int]:
    """Whole pence that add up to `total`, which is within a penny of the amounts' exact sum.

    Everybody gets the whole pence below; what is left goes, a penny each, to the largest remainders. Equal remainders
    are served in `order`, a list of positions. 10,000.00 in three equal parts is 3,333.34, 3,333.33 and 3,333.33.
    """
    shares = [amount.numerator // amount.denominator for amount in amounts]
    left = total - sum(shares)
    rank = {position: i for i, position in enumerate(order)}
    remainders = [amount - share for amount, share in zip(amounts, shares, strict=True)]
    for position in sorted(range(len(amounts)), key=lambda i: (-remainders[i], rank[i]))[:left]:
        shares[position] += 1
    return shares


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
        pence[earning[-1]] += rounded(sum(amounts), mode) - sum(pence)
    return pence


def _settle_run(earned: Sequence[Sequence[Exact]], mode: RoundMode, codes: Sequence[str]) -> list[list[int]]:
    flat = [amount for amounts in earned for amount in amounts]
    owners = [code for code, amounts in zip(codes, earned, strict=True) for _ in amounts]
    # A stable sort: lines of one practice keep the order of their components.
    order = sorted(range(len(flat)), key=owners.__getitem__)
    shares = iter(largest_remainder(flat, rounded(sum(flat), mode), order=order))
    return [[next(shares) for _ in amounts] for amounts in earned]
