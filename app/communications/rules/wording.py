"""What notices say. Whole sentences, no jargon; figures as they stand in the statement."""

from collections.abc import Iterator, Sequence
from datetime import date

from app.core.clock import Period
from app.core.wording import day_text, pounds_words, span_text
from app.payments.values import AgreedDebt, Lateness, LateRun, PaymentBrief, QueryBrief, QueryOutcome, QuerySide


def statement_subject(*, scheme: str, payments: Sequence[PaymentBrief]) -> str:
    """What is paid, not what the lines come to: money that is owed from before may be between the two."""
    paid = _paid(payments)
    return f"Statement: {pounds_words(paid)} for {scheme}" if paid else f"Statement: nothing is paid now for {scheme}"


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
    """A negative payment is not asked back: it is set against what is paid next. The bank's line has the payment's
    reference, not the statement's, so both are said.
    """
    opening = f"Statement **{reference}** of practice {practice} for {scheme}, {span_text(period)}."
    parts = [opening, " ".join(_due(total, payments, pay_by=pay_by)), _listed(lines)]
    if bank_lines := [_bank_line(each) for each in payments if each.payable]:
        parts += ["On the bank line:", _listed(bank_lines)]
    return "\n\n".join(parts)


def _due(total: int, payments: Sequence[PaymentBrief], *, pay_by: str | None) -> Iterator[str]:
    """The total, what is set against it from before, what is paid, and what is set against a later payment.

    A practice that owes 70.00 from before earns 100.00: "The total is £100.00. £70.00 from before is set against what is
    due to Mill Lane Surgery. £30.00 will be paid by 22 December 2026."
    """
    paid = _paid(payments)
    if paid != total or any(each.carried_forward for each in payments):
        yield f"The total is **{pounds_words(total)}**."
    for each in payments:
        if each.brought_forward:
            yield f"{pounds_words(-each.brought_forward)} from before is set against what is due to {plain_line(each.payee)}."
    when = f" by {day_text(date.fromisoformat(pay_by))}" if pay_by else ""
    yield f"**{pounds_words(paid)}** will be paid{when}." if paid else "Nothing is paid now."
    for each in payments:
        if each.carried_forward:
            owed = pounds_words(-each.carried_forward)
            yield f"{owed} is carried forward and set against the next payment to {plain_line(each.payee)}."


def _paid(payments: Sequence[PaymentBrief]) -> int:
    return sum(each.payable for each in payments)


def _bank_line(payment: PaymentBrief) -> str:
    return f"{payment.reference}: {pounds_words(payment.payable)} to {payment.payee}"


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {plain_line(line)}" for line in lines)


def late_run_subject(*, scheme: str, because: str) -> str:
    return f"Not paid in time: {scheme}" if because == Lateness.UNPAID else f"No answer from the ledger: {scheme}"


def late_run_body(*, scheme: str, late: LateRun, because: str) -> str:
    run = late.run
    payments = "1 payment" if late.payments == 1 else f"{late.payments} payments"
    which = f"{payments} for {plain_line(scheme)}, {span_text(run.period)}, in all **{pounds_words(late.total)}**"
    due = f", due by {day_text(date.fromisoformat(run.pay_by))}" if run.pay_by else ""
    said = (
        "the ledger has not said that this is paid."
        if because == Lateness.UNPAID
        else "the ledger has answered nothing, and five working days have passed since the release."
    )
    return f"{which}{due}: {said}\n\nPractices wait for it. Ask whoever pays, and load what they answer. The run is {run.id}."


def offer_body(*, scheme: str, practice: str, respond_by: date | None, words: str) -> str:
    """`words` is the version as Markdown, with what the practice can earn as its last sentence."""
    answer = f"Please answer by {day_text(respond_by)}." if respond_by else "Please answer soon."
    return (
        f"Practice {practice} is offered a place in **{plain_line(scheme)}**.\n\n{answer} Until then nothing is agreed."
        f" The scheme in words, and over its whole time what it would pay your practice:\n\n{words}"
    )


def sign_up_body(*, scheme: str, practice: str, signed_on: date | None, signatory: str | None) -> str:
    """Told because somebody else wrote it down: the practice can object at once."""
    when = f" on {day_text(signed_on)}" if signed_on else ""
    who = f" by {plain_line(signatory)}" if signatory else ""
    return (
        f"Your commissioner has recorded that practice {practice} signed up to **{plain_line(scheme)}**{when}{who}."
        "\n\nIf that is not so, tell your commissioner now: payments are worked out from it."
    )


def consultation_body(*, scheme: str, n: int, until: date, words: str) -> str:
    """`until` is the first day on which nobody comments any more."""
    return (
        f"Your commissioner asks the local medical committee about version {n} of **{plain_line(scheme)}**.\n\n"
        f"Please comment before {day_text(until)}. Until then it neither changes nor is published. The draft in words:"
        f"\n\n{words}"
    )


def comment_body(*, scheme: str, n: int, text: str) -> str:
    return (
        f"The local medical committee has commented on version {n} of **{plain_line(scheme)}**:\n\n> {plain_line(text)}"
        "\n\nPlease answer before the version is published."
    )


def comment_answer_body(*, scheme: str, n: int, text: str, answer: str) -> str:
    return (
        f"Your comment on version {n} of **{plain_line(scheme)}** has been answered.\n\nYou said:\n\n> {plain_line(text)}"
        f"\n\nThe answer:\n\n> {plain_line(answer)}"
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


def agreed_debt_body(debt: AgreedDebt, *, scheme: str) -> str:
    """`debt` with its reason, which stands on the next statement as well; after the year's last run there is none."""
    agreed = (
        f"{pounds_words(debt.waived)} that {debt.payee} owes for **{plain_line(scheme)}** is waived: it is not taken back."
        if debt.waived is not None
        else f"What {debt.payee} owes for **{plain_line(scheme)}** is taken back from later payments, and each of them is"
        f" lessened by {pounds_words(debt.most or 0)} at most."
    )
    return f"Two people of your commissioner have agreed about practice {debt.practice}: {agreed}\n\n> {plain_line(debt.reason)}"


def query_body(query: QueryBrief) -> str:
    return (
        f"Practice {query.practice} asks about line **{query.line}** of its statement."
        f"\n\nPlease answer by {day_text(query.due_on)}."
    )


def query_shared_body(query: QueryBrief) -> str:
    return (
        f"Practice {query.practice} lets the local medical committee read its query about line **{query.line}**, with all that"
        f" is written in it. The office is to answer by {day_text(query.due_on)}."
    )


def query_message_body(query: QueryBrief, side: QuerySide) -> str:
    who = f"Practice {query.practice}" if side is QuerySide.PRACTICE else "Your commissioner"
    return f"{who} has written about line **{query.line}**. The query is to be answered by {day_text(query.due_on)}."


def correction_body(query: QueryBrief) -> str:
    asked = (
        "it comes beside an amount that was approved before."
        if query.is_answered
        else f"the practice was promised an answer by {day_text(query.due_on)}."
    )
    return (
        f"A correction of line **{query.line}** is proposed after a query of practice {query.practice}, and needs a second"
        f" person.\n\nPlease approve or refuse it: {asked}"
    )


def correction_refused_body(query: QueryBrief) -> str:
    refused = f"The correction of line **{query.line}** that you proposed was refused."
    if query.is_answered:
        return f"{refused} What was approved before after the query of practice {query.practice} stays as it is."
    return f"{refused} The query of practice {query.practice} is open again.\n\nPlease answer it by {day_text(query.due_on)}."


def correction_corrected_body(query: QueryBrief) -> str:
    """The amount itself is read where it may be read."""
    return (
        f"The amount by which line **{query.line}** was corrected after your query was not right, and is corrected in its"
        " turn: the next payment brings the difference. Read the query for the amount and the reason."
    )


def query_answer_body(query: QueryBrief) -> str:
    """The answer itself is read where it may be read."""
    if query.outcome is QueryOutcome.WITHDRAWN:
        return (
            f"Practice {query.practice} has withdrawn its query about line **{query.line}**. Nothing is left to answer."
        )
    upheld = query.outcome is QueryOutcome.UPHELD
    end = "It is upheld: the next payment puts it right." if upheld else "The answer explains the figure."
    return f"Your query about line **{query.line}** is answered. {end}"


def query_overdue_body(query: QueryBrief) -> str:
    return (
        f"The query of practice {query.practice} about line **{query.line}** should have been answered by"
        f" {day_text(query.due_on)}, and is not.\n\nPlease see to it that the practice gets its answer."
    )


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
