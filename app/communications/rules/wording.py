"""What notices say. Whole sentences, no jargon; figures as they stand in the statement."""

from collections.abc import Sequence
from datetime import date

from app.core.clock import Period
from app.payments.values import PaymentBrief


def pounds(pence: int) -> str:
    """1682400 pence is `£16,824.00`."""
    whole, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}£{whole:,}.{rest:02d}"


def day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def span(period: Period) -> str:
    """A period as people say it, with its last day instead of the day after it."""
    if period.valid_until is None:
        return f"from {day(period.valid_from)}"
    return f"{day(period.valid_from)} to {day(date.fromordinal(period.valid_until.toordinal() - 1))}"


def statement_subject(*, scheme: str, total: int) -> str:
    return f"Statement: {pounds(total)} for {scheme}"


def statement_body(
    *,
    scheme: str,
    practice: str,
    reference: str,
    period: Period,
    total: int,
    pay_by: str | None,
    lines: Sequence[str],
    payments: Sequence[PaymentBrief],
) -> str:
    """A negative total is not asked back: it is set against what is paid next. The bank's line has the payment's reference,
    not the statement's, so both are said.
    """
    opening = f"Statement **{reference}** of practice {practice} for {scheme}, {span(period)}."
    if total < 0:
        due = f"The total is **{pounds(total)}**. It is set against the next payment."
    elif pay_by:
        due = f"**{pounds(total)}** will be paid by {day(date.fromisoformat(pay_by))}."
    else:
        due = f"**{pounds(total)}** will be paid."
    parts = [opening, due, _listed(lines)]
    if payments:
        parts += ["On the bank line:", _listed([_bank_line(each) for each in payments])]
    return "\n\n".join(parts)


def _bank_line(payment: PaymentBrief) -> str:
    return f"{payment.reference}: {pounds(payment.payable)} to {payment.payee}"


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {plain_line(line)}" for line in lines)


def offer_body(*, scheme: str, practice: str, respond_by: date | None, words: str) -> str:
    """`words` is the version as Markdown, with what the practice can earn as its last sentence."""
    answer = f"Please answer by {day(respond_by)}." if respond_by else "Please answer soon."
    return (
        f"Practice {practice} is offered a place in **{plain_line(scheme)}**.\n\n{answer} Until then nothing is agreed."
        f" The scheme in words, and over its whole time what it would pay your practice:\n\n{words}"
    )


def sign_up_body(*, scheme: str, practice: str, signed_on: date | None, signatory: str | None) -> str:
    """Told because somebody else wrote it down: the practice can object at once."""
    when = f" on {day(signed_on)}" if signed_on else ""
    who = f" by {plain_line(signatory)}" if signatory else ""
    return (
        f"Your commissioner has recorded that practice {practice} signed up to **{plain_line(scheme)}**{when}{who}."
        "\n\nIf that is not so, tell your commissioner now: payments are worked out from it."
    )


def issue_body(*, title: str, practice: str) -> str:
    return (
        f"An issue has been raised that asks practice {practice}: **{plain_line(title)}**."
        "\n\nPlease say whether you agree, already do it, plan it, or decline it and why."
    )


def answer_body(*, title: str, is_closed: bool) -> str:
    """The answer itself is read where it may be read: an inbox is no place to work out who sees what."""
    done = " It is answered now." if is_closed else ""
    return f"There is an answer to the issue **{plain_line(title)}** that you raised or support.{done}"


def money_role_body(*, person: str, role: str) -> str:
    return (
        f"{plain_line(person)} was given the role **{role.replace('_', ' ')}** by the platform's administrators.\n\n"
        "You are told because you hold a role that decides about money or looks after such decisions. If this is not as"
        " agreed, ask them at once: an administrator of your commissioner can end the role."
    )


def plain_line(text: str) -> str:
    """Somebody's words within ours: on one line, and no mark of theirs becomes formatting or a link."""
    marked = set("\\`*_[]<>#|~")
    return "".join(f"\\{each}" if each in marked else each for each in " ".join(text.split()))
