"""A practice's released statement as people read it on paper: what is paid, by which reference, and why."""

from datetime import date

from app.core.clock import Period
from app.core.db import Tx
from app.core.wording import day_text, pounds_words, span_text
from app.organisations import service as organisations
from app.payments.errors import StatementNotFound
from app.payments.repository.rows import period_of
from app.payments.repository.statements import StatementRepository
from app.payments.rules.references import line_reference
from app.payments.service.reading import FullStatement, with_everything
from app.payments.tables import Payment, PaymentAcknowledgement, PaymentLine
from app.payments.values import Outcome, Remittance, RemittedLine, RemittedPayment
from app.schemes import service as schemes


async def get_released(session: Tx, practice: str, reference: str | None) -> FullStatement:
    """By its reference; None: the newest."""
    row = await StatementRepository(session, session.tenant).find_released(practice, reference)
    if row is None:
        raise StatementNotFound("No statement of the practice has been released under this reference.")
    return (await with_everything(session, [row]))[0]


async def remittance_of(session: Tx, full: FullStatement) -> Remittance:
    statement, run = full.statement, full.run
    assert run.released_at is not None
    practice = await organisations.get_practice(session, statement.practice)
    commissioner = await organisations.get_commissioner(session)
    scheme = await schemes.get_scheme(session, run.scheme_id)
    pounds = pounds_words(statement.total)
    return Remittance(
        title=f"Remittance {statement.reference}",
        commissioner=commissioner.name,
        reference=statement.reference,
        released_at=run.released_at,
        about=(
            ("From", commissioner.name),
            ("Practice", f"{practice.name} ({practice.code})"),
            ("Scheme", scheme.title),
            ("Period", span_text(period_of(run))),
            ("Statement", statement.reference),
            ("Total of its lines", pounds),
            _when(full, run.pay_by),
        ),
        payments=tuple(_payment(each, full.answers.get(each.id), run.pay_by) for each in full.payments),
        lines=tuple(_line(full, line) for line in full.lines),
        notes=tuple(statement.notes),
    )


def _when(full: FullStatement, pay_by: date | None) -> tuple[str, str]:
    """No day stands beside a total below zero: a practice would read it as the day to pay it back by."""
    if not any(payment.payable for payment in full.payments):
        return "To be paid", "nothing now"
    return "To be paid by", day_text(pay_by) if pay_by else "not set"


def _payment(payment: Payment, answer: PaymentAcknowledgement | None, pay_by: date | None) -> RemittedPayment:
    name = payment.payee_name
    return RemittedPayment(
        reference=payment.reference,
        payee=f"{name} ({payment.payee_code})" if name else payment.payee_code,
        total=pounds_words(payment.total),
        brought_forward=pounds_words(payment.brought_forward),
        payable=pounds_words(payment.payable),
        state=_state(payment, answer, pay_by),
    )


def _state(payment: Payment, answer: PaymentAcknowledgement | None, pay_by: date | None) -> str:
    if payment.carried_forward:
        return f"{pounds_words(-payment.carried_forward)} is carried forward to the next payment"
    if answer is None:
        return f"to be paid by {day_text(pay_by)}" if payment.payable and pay_by else "nothing to pay"
    if answer.outcome == Outcome.PAID and answer.paid_on:
        return f"paid on {day_text(answer.paid_on)}"
    return (
        f"sent back by the ledger: {answer.reason}" if answer.outcome == Outcome.REJECTED else "accepted by the ledger"
    )


def _line(full: FullStatement, line: PaymentLine) -> RemittedLine:
    what = f"{line.component}, {line.kind}, {span_text(Period(line.period_from, line.period_until))}"
    return RemittedLine(
        reference=line_reference(full.statement.reference, line.no),
        what=what,
        sentence=full.explanations[line.statement_id, line.no].sentence,
        amount=pounds_words(line.amount),
    )
