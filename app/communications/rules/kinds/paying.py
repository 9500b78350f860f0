"""Statements, runs that are late, debts, and roles that decide about money."""

from typing import Final

from app.communications.rules.kinds.examples import QUARTER, SOON, STATEMENT
from app.communications.rules.kinds.fields import (
    PRACTICE,
    SCHEME,
    choice,
    day,
    flag,
    number,
    period,
    pounds,
    text,
)
from app.communications.values import FieldType, Source, TemplateField, TemplateKind, Topic, Urgency

_PERIOD: Final = period("period", "The time that is paid for.", QUARTER)
_PAYMENTS: Final = TemplateField(
    "payments",
    FieldType.RECORD,
    "One for each payee.",
    is_list=True,
    of=(
        text("reference", "What stands on the bank's line.", "P4D0Q8M2X5T7RK"),
        text("payee", "Who is paid.", "Mill Lane Surgery"),
        pounds("paid", "What will be paid; nothing: 0.", 125_000),
        pounds("from_before", "What the payee owed from before, and is set against this; nothing: 0.", 0),
        pounds("carried_forward", "What is set against the payee's next payment; nothing: 0.", 0),
    ),
)

PAYING: Final = (
    TemplateKind(
        "statement",
        "A practice's statement of a released payment run.",
        Source.STATEMENT,
        Topic.STATEMENTS,
        Urgency.ROUTINE,
        (
            SCHEME,
            PRACTICE,
            text("reference", "The statement's reference.", STATEMENT, is_required=True),
            _PERIOD,
            pounds("total", "What the statement's lines come to.", 125_000),
            pounds("paid", "What will be paid, of all payees together; nothing: 0.", 125_000, is_required=True),
            day("pay_by", "The day by which it is paid, where one is known.", SOON, is_optional=True),
            flag(
                "is_set_off", "Whether an older debt or a later payment stands between total and paid.", example=False
            ),
            _PAYMENTS,
            TemplateField(
                "lines",
                FieldType.TEXT,
                "Each line in a sentence.",
                "Sessions: 5 at £250.00.",
                is_required=True,
                is_list=True,
            ),
            text(
                "how_to_query",
                "How a line is asked about, and how long an answer takes. It stands in every wording.",
                f"If a line is not right, query it by its reference, such as {STATEMENT}-1: the office answers within 10"
                " working days.",
                is_required=True,
            ),
        ),
        subject="the payment run",
        scope="statements:read",
    ),
    TemplateKind(
        "late_run",
        "A released run is not paid in time, or the ledger says nothing.",
        Source.LATE_RUN,
        Topic.STATEMENTS,
        Urgency.IMPORTANT,
        (
            SCHEME,
            _PERIOD,
            choice("because", "What is late: the money, or any answer.", "unpaid", "unanswered"),
            number("payments", "How many payments are missing.", 3),
            pounds("total", "What they come to.", 375_000, is_required=True),
            day("pay_by", "The day by which they were due, where one is known.", SOON, is_optional=True),
            text("run", "The run's id.", "0198c0de-0000-7000-8000-00000000a001", is_required=True),
        ),
        subject="the payment run",
        scope="runs:read",
    ),
    TemplateKind(
        "arrangement",
        "Two people have agreed about what a practice owes.",
        Source.ARRANGEMENT,
        Topic.STATEMENTS,
        Urgency.ROUTINE,
        (
            SCHEME,
            PRACTICE,
            text("payee", "Who owes it.", "Mill Lane Surgery"),
            choice("agreed", "What was agreed: it is not taken back, or in parts.", "waived", "in_parts"),
            pounds("amount", "What is waived, or the most that is taken from one payment.", 20_000, is_required=True),
            text("reason", "Why.", "The list was corrected late.", is_required=True),
        ),
        subject="the arrangement",
        scope="runs:read",
    ),
    TemplateKind(
        "money_role",
        "Somebody was given a role that decides about money.",
        Source.MONEY_ROLE,
        Topic.STATEMENTS,
        # Important, so that nobody can have turned it off.
        Urgency.IMPORTANT,
        (
            text("person", "Who was given it.", "Amira Khan", is_required=True),
            text("role", "The role in words.", "payments approver", is_required=True),
        ),
        subject="the person",
        scope="people:read",
    ),
)
