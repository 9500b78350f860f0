"""What a run is worked out from and what comes of it, in the form in which it is stored, and its digests."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from app.calculation.values import Payee
from app.core.money import format_pounds
from app.payments.values import (
    Balance,
    Ceiling,
    Correction,
    PayeePayment,
    Posted,
    StatementLine,
    WorkedStatement,
)

# Sorted keys and no spaces: the canonical form of calculation, at a tenth of the time. A test holds them together.
_encoder = msgspec.json.Encoder(order="sorted")


def inputs_digest(own: bytes, earlier: Iterable[bytes], within: Ceiling | None = None) -> str:
    """`own` and `earlier` are what `part_print` made of each part, in the order of their periods."""
    budget = [_encoder.encode([within.rule.value, within.budget, within.available])] if within else []
    return hashlib.sha256(b"\x1e".join((own, *earlier, *budget))).hexdigest()


def with_unknown(digest: str, unknown: Iterable[str]) -> str:
    """A digest of what was gathered, and of the payees that could not be found, where there are any."""
    codes = sorted(unknown)
    return hashlib.sha256(" ".join([digest, *codes]).encode()).hexdigest() if codes else digest


def part_print(digest: str, posted: Mapping[str, tuple[Posted, ...]], balances: Sequence[Balance] = ()) -> bytes:
    """What a part is worked out from: its frozen inputs by their digest, what was posted, and what is owed."""
    return _encoder.encode(
        [
            digest,
            [[practice, [posted_plain(each) for each in posted[practice]]] for practice in sorted(posted)],
            [balance_plain(each) for each in balances],
        ]
    )


def balance_plain(balance: Balance) -> list[Any]:
    plain: list[Any] = [balance.practice, balance.payee.type, balance.payee.code, balance.amount]
    # Left out where nothing was agreed, so that what was frozen before keeps its digest.
    if balance.most is None and not balance.waived:
        return plain
    plain = [*plain, balance.most, balance.waived]
    return [*plain, balance.waived_on.isoformat(), balance.waived_because] if balance.waived_on else plain


def balance_from_plain(plain: Sequence[Any]) -> Balance:
    practice, payee_type, code, amount, *agreed = plain
    most_and_waived, said = agreed[:2], agreed[2:]
    on_and_because = [date.fromisoformat(said[0]), said[1]] if said else []
    return Balance(practice, Payee(payee_type, code), amount, *most_and_waived, *on_and_because)


def corrected_digest(digest: str, corrections: Mapping[str, tuple[Correction, ...]]) -> str:
    """The digest of a part's frozen inputs with its corrections; without any it stays as it was."""
    if not corrections:
        return digest
    plain = [[practice, [correction_plain(each) for each in corrections[practice]]] for practice in sorted(corrections)]
    return hashlib.sha256(_encoder.encode([digest, plain])).hexdigest()


def correction_plain(correction: Correction) -> list[Any]:
    payee = correction.payee
    return [correction.component, payee.type, payee.code, correction.amount, correction.reason, correction.query]


def correction_from_plain(plain: Sequence[Any]) -> Correction:
    component, payee_type, code, amount, reason, query = plain
    return Correction(component, Payee(payee_type, code), amount, reason, query)


def posted_plain(posted: Posted) -> list[Any]:
    return [posted.component, posted.payee.type, posted.payee.code, posted.amount, list(posted.references)]


def posted_from_plain(plain: Sequence[Any]) -> Posted:
    component, payee_type, code, amount, references = plain
    return Posted(component, Payee(payee_type, code), amount, tuple(references))


def outputs_digest(statements: Iterable[WorkedStatement]) -> str:
    """Of every figure that leaves, in one order. References are left out: they name a run, not a result; and words follow
    from the figures and the frozen inputs.
    """
    digest = hashlib.sha256()
    for statement in statements:
        digest.update(statement_bytes(statement))
        digest.update(b"\n")
    return digest.hexdigest()


class _PlainLine(msgspec.Struct):
    """Written in the order of the members, which is that of the alphabet; so are the next two."""

    amount: str
    blocked: bool
    component: str
    kind: str
    payee: tuple[str, str]
    period: tuple[date, date | None]
    quantity: str | None
    rate: str | None


class _PlainPayment(msgspec.Struct):
    brought_forward: str
    carried_forward: str
    payable: str
    payee: tuple[str, str]
    total: str


class _PlainStatement(msgspec.Struct):
    lines: list[_PlainLine]
    notes: tuple[str, ...]
    payments: list[_PlainPayment]
    practice: str
    total: str


def statement_bytes(statement: WorkedStatement) -> bytes:
    """Its figures in canonical form."""
    return msgspec.json.encode(
        _PlainStatement(
            [_plain_line(line) for line in statement.lines],
            statement.notes,
            [_plain_payment(payment) for payment in statement.payments],
            statement.practice,
            format_pounds(statement.total),
        )
    )


def _plain_line(line: StatementLine) -> _PlainLine:
    return _PlainLine(
        format_pounds(line.amount),
        line.blocked,
        line.component,
        line.kind.value,
        (line.payee.type, line.payee.code),
        (line.period.valid_from, line.period.valid_until),
        line.quantity,
        line.rate,
    )


def _plain_payment(payment: PayeePayment) -> _PlainPayment:
    return _PlainPayment(
        format_pounds(payment.brought_forward),
        format_pounds(payment.carried_forward),
        format_pounds(payment.payable),
        (payment.payee.type, payment.payee.code),
        format_pounds(payment.total),
    )
