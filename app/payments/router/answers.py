"""What several of the slice's routes answer alike."""

import re
from collections.abc import Iterator
from typing import Final

from fastapi import Request

from app.core.clock import Period, PeriodModel
from app.payments.tables import PaymentLine, PaymentRun

_WEIGHT: Final = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")


def preferred(request: Request, *offered: str) -> str:
    """Which of the offered forms the caller would rather have; the first where nothing says otherwise."""
    ranked = sorted(_accepted(request.headers.get("accept", "")), key=lambda each: each[1], reverse=True)
    return next((kind for kind, _ in ranked if kind in offered), offered[0])


def _accepted(header: str) -> Iterator[tuple[str, float]]:
    """Each kind with its weight (RFC 9110), in the header's order. A weight that is no number counts as none."""
    for part in header.split(","):
        kind, _, parameters = part.partition(";")
        weight = _WEIGHT.search(parameters)
        yield kind.strip().lower(), float(weight[1]) if weight else 1.0


def period_answer(row: PaymentRun | PaymentLine) -> PeriodModel:
    return PeriodModel.of(Period(row.period_from, row.period_until))
