"""What notices about claims and reminders say."""

from datetime import date

from app.communications.rules.wording import plain_line
from app.core.clock import Period
from app.core.wording import day_text, pounds_words, span_text
from app.schemes.values import ClaimBrief, ClaimStepKind

_SUBJECTS = {
    ClaimStepKind.VOIDED: "Declare again",
    ClaimStepKind.HELD: "Claim on hold",
    ClaimStepKind.APPROVED: "Claim approved",
    ClaimStepKind.REJECTED: "Claim rejected",
}
_NEXT = {
    ClaimStepKind.VOIDED: "The claim is open again, and nothing is paid for it until you have read it and declared it anew.",
    ClaimStepKind.HELD: "Nobody approves it and nothing is paid for it until the hold is lifted.",
    ClaimStepKind.APPROVED: "It is paid with the next payment run for that time.",
    ClaimStepKind.REJECTED: "You may claim for that time again.",
}


def claim_subject(claim: ClaimBrief) -> str:
    return f"{_SUBJECTS[claim.step]}: {claim.scheme.title}"


def claim_body(claim: ClaimBrief) -> str:
    """What happened to the claim, why, and what follows."""
    amount = "" if claim.amount is None else f", **{pounds_words(claim.amount)}**"
    which = (
        f"The claim of practice {claim.practice} for **{plain_line(claim.scheme.title)}**, {span_text(claim.period)}"
        f"{amount}: {_HAPPENED[claim.step]}."
    )
    return "\n\n".join(part for part in (which, plain_line(claim.reason or ""), _NEXT[claim.step]) if part)


_HAPPENED = {
    ClaimStepKind.VOIDED: "what you declared has changed, so that your declaration is void",
    ClaimStepKind.HELD: "your commissioner has put it on hold",
    ClaimStepKind.APPROVED: "your commissioner has approved it",
    ClaimStepKind.REJECTED: "your commissioner has rejected it",
}


def offer_due_body(*, scheme: str, practice: str, respond_by: date | None) -> str:
    until = f" until {day_text(respond_by)}" if respond_by else ""
    return (
        f"Practice {practice} has not answered the offer of **{plain_line(scheme)}**, which stands{until}."
        " After that it lapses, and nothing is agreed."
    )


def claim_due_body(*, scheme: str, practice: str, period: Period, closes_on: date) -> str:
    return (
        f"Practice {practice} has not declared a claim for **{plain_line(scheme)}**, {span_text(period)}. It can do so until"
        f" {day_text(closes_on)}; without a claim nothing is paid for that time."
    )


def prepared_body(*, scheme: str, practice: str, period: Period) -> str:
    return (
        f"Your commissioner has made a claim for practice {practice}: **{plain_line(scheme)}**, {span_text(period)}."
        " Read its figures and declare it; nothing is paid for that time before you do."
    )
