"""How attended time counts as CPD."""

from decimal import ROUND_HALF_UP, Decimal


def hours_text(minutes: int) -> str:
    """Hours with two places, as appraisal forms ask for them: 130 minutes are 2.17 hours."""
    return str((Decimal(minutes) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP))
