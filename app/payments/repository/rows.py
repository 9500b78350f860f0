"""What the repositories of payments share."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, cast
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.clock import Period
from app.payments.tables import PaymentRun, PaymentRunPart
from app.payments.values import READABLE


def among(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """One parameter however many ids, so that the statement's text stays the same."""
    return column == any_(cast(list(ids), ARRAY(Uuid())))


def readable(run: PaymentRun) -> bool:
    return run.state in READABLE


def period_of(row: PaymentRun | PaymentRunPart) -> Period:
    return Period(row.period_from, row.period_until)
