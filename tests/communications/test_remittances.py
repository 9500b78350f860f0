"""Remittance mails: what they promise is what the file pays."""

from datetime import date
from typing import Any

import pytest

from app.communications.rules.facts import statement_fields
from app.communications.rules.kinds import KINDS
from app.communications.rules.plain import plain_text
from app.communications.rules.templating import write
from app.communications.values import Facts
from app.core.clock import Period
from app.core.ids import new_id
from app.payments.values import PaymentBrief, RunBrief, RunState, StatementBrief
from tests.factories.calculation import QUARTER
from tests.factories.communications import give_mailbox, mail_of, told
from tests.factories.payments import Office
from tests.factories.schemes import a_fact
from tests.factories.service import LivePlenary

_AMOUNTS: dict[str, Any] = {
    "language": 1,
    "measures": {"settled": {"kind": "amount", "fact": "settled"}},
    "pay": {"type": "fixed", "id": "settlement", "measure": "settled"},
}


def _payment(**more: int) -> PaymentBrief:
    return PaymentBrief("P1", "Mill Lane", **({"payable": 0, "brought_forward": 0, "carried_forward": 0} | more))


@pytest.mark.parametrize(
    ("total", "payments", "words"),
    [
        (10_000, [_payment(payable=10_000)], "£100.00 will be paid by 22 December 2026."),
        (
            -12_000,
            [_payment(carried_forward=-12_000)],
            "The total is -£120.00. Nothing is paid now. £120.00 is carried forward and set against the next payment"
            " to Mill Lane.",
        ),
        (
            5_000,
            [_payment(brought_forward=-12_000, carried_forward=-7_000)],
            "The total is £50.00. £120.00 from before is set against what is due to Mill Lane. Nothing is paid now."
            " £70.00 is carried forward and set against the next payment to Mill Lane.",
        ),
        (
            10_000,
            [_payment(payable=3_000, brought_forward=-7_000)],
            "The total is £100.00. £70.00 from before is set against what is due to Mill Lane. £30.00 will be paid"
            " by 22 December 2026.",
        ),
    ],
)
def test_a_statement_tells_what_is_paid_and_what_stands_between_it_and_the_total(
    total: int, payments: list[PaymentBrief], words: str
) -> None:
    run = RunBrief(new_id(), new_id(), RunState.RELEASED, QUARTER, "2026-12-22")
    statement = StatementBrief("S1", "ZZ0001", total, ("A line.",), tuple(payments))
    fields = dict(statement_fields(statement, run, scheme="Cover", query_days=10))
    fields |= {"practice": {"code": "ZZ0001", "name": "Mill Lane"}, "commissioner": "NHS Fenmarsh"}
    body = write(KINDS["statement"], Facts(fields)).markdown
    assert plain_text(body.split("\n\n")[1]) == words


async def test_a_mail_promises_what_the_file_pays(shared: LivePlenary) -> None:
    """Pays -120.00, 50.00 and 100.00 one month after another: nothing, nothing, then 30.00."""
    office = await Office.open(shared, definition=_AMOUNTS, lists=("5000",))
    (practice,) = office.practices
    await give_mailbox(shared, office.tenant, practice, f"surgery@{practice}.example")
    for month, amount in ((4, "-120"), (5, "50"), (6, "100")):
        await office.record(a_fact(practice, f"f{month}", date(2026, month, 8), amount, measure="settled"))
        await office.pay(Period(date(2026, month, 1), date(2026, month + 1, 1)))
        await shared.work()
    mails = [mail_of(shared, row) for row in await told(shared, office.tenant, "statement")]
    assert sorted(subject.split(" for ")[0] for subject, _ in mails) == [
        "Statement: nothing is paid now",
        "Statement: nothing is paid now",
        "Statement: £30.00",
    ]
    [text] = [text for subject, text in mails if "£30.00" in subject]
    assert "The total is £100.00. £70.00 from before is set against what is due to" in text


async def test_a_practice_is_told_of_a_statement_in_which_gain_and_loss_cancel_out(shared: LivePlenary) -> None:
    provider = f"X{new_id().hex[-5:].upper()}"
    nights = {**_AMOUNTS["pay"], "payee": {"type": "organisation", "code": provider}}
    pay = {"type": "sum", "of": [{"type": "fixed", "id": "cover", "amount": "100.00"}, nights]}
    office = await Office.open(shared, definition={**_AMOUNTS, "pay": pay}, lists=("5000",))
    (practice,) = office.practices
    await office.name_supplier(provider, kind="organisation")
    await give_mailbox(shared, office.tenant, practice, f"surgery@{practice}.example")
    await office.record(a_fact(practice, "back", date(2026, 4, 8), "-100", measure="settled"))
    await office.pay()
    await shared.work()
    [row] = await told(shared, office.tenant, "statement")
    subject, text = mail_of(shared, row)
    assert subject.startswith("Statement: £100.00 for")
    assert "The total is £0.00. £100.00 will be paid by" in text
    assert f"£100.00 is carried forward and set against the next payment to {provider}." in text
