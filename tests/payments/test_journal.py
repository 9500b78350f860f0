"""A run's journal: what no payment carries, so that its payments and its journal together are what the run has posted."""

import csv
import io
from collections import Counter
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calculation.values import Booking, Payee
from app.core.clock import Period
from app.payments.rules.journal import journal_file, journal_rows
from app.payments.rules.splitting import booked_lines
from app.payments.rules.working import settle
from app.payments.values import Balance, FileEntry, FileHead, FilePayment, JournalRecord, LineKind
from tests.factories import schemes
from tests.factories.calculation import QUARTER
from tests.factories.payments import Office
from tests.factories.service import LivePlenary
from tests.payments.test_files import C100, C200, HEAD, OWN

FIRST, SECOND = Period(date(2026, 4, 1), date(2026, 7, 1)), Period(date(2026, 7, 1), date(2026, 10, 1))
THIRD = Period(date(2026, 10, 1), date(2027, 1, 1))
PAYEE = Payee("practice", "Y00001")


def pence(pounds: str) -> int:
    return int(pounds.replace(".", "") or 0)


def read(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def settled(*amounts: tuple[int, Booking], owed: int = 0) -> FilePayment:
    """A payee's lines, settled as a run settles them."""
    entries = tuple(
        FileEntry("sessions", LineKind.ENTITLEMENT, QUARTER, "6", amount, booking, no)
        for no, (amount, booking) in enumerate(amounts, 1)
        if amount
    )
    total = sum(amount for amount, _ in amounts)
    payable = settle(PAYEE, total, Balance("Y00001", PAYEE, owed)).payable if total else 0
    return FilePayment("PY00001" if total else "SY00001", PAYEE, None, "Y00001", "SY00001", payable, entries)


def shown(*payments: FilePayment, head: FileHead = HEAD) -> list[tuple[str, str, str, str, str]]:
    *rows, _ = read(journal_file(head, payments).body)
    return [(row["record"], row["cost_centre"], row["reference"], row["debit"], row["credit"]) for row in rows]


def test_lines_that_cancel_out_are_moved_from_one_cost_centre_to_the_other() -> None:
    assert shown(settled((4_000, C100), (-4_000, C200))) == [
        ("line", "C100", "SY00001-1", "40.00", ""),
        ("line", "C200", "SY00001-2", "", "40.00"),
    ]


def test_debt_is_credited_where_it_was_booked_and_owed_by_the_payee() -> None:
    assert shown(settled((-12_000, C100))) == [
        ("line", "C100", "SY00001-1", "", "120.00"),
        ("balance", "", "PY00001", "120.00", ""),
    ]


def test_what_the_balance_swallows_is_debited_where_it_was_earned() -> None:
    assert shown(settled((3_000, C200), owed=-12_000)) == [
        ("line", "C200", "SY00001-1", "30.00", ""),
        ("balance", "", "PY00001", "", "30.00"),
    ]


def test_balance_of_a_payment_is_booked_back_so_that_its_cost_centre_bears_all_of_its_lines() -> None:
    assert shown(settled((20_000, C200), owed=-12_000)) == [
        ("recovery", "C200", "PY00001", "120.00", ""),
        ("balance", "", "PY00001", "", "120.00"),
    ]


def test_what_is_paid_in_full_is_not_in_the_journal() -> None:
    assert shown(settled((20_000, C200), (-100, C100))) == []


BOOKINGS = st.sampled_from([OWN, C100, C200])
LINES = st.lists(st.tuples(st.integers(-500, 500), BOOKINGS), min_size=1, max_size=5)
PAYMENTS = st.lists(st.tuples(LINES, st.integers(-500, 0)), max_size=5)


@given(made=PAYMENTS)
def test_payments_and_journal_are_what_was_posted_booking_by_booking(made: list[Any]) -> None:
    payments = [settled(*lines, owed=owed) for lines, owed in made]
    posted, carried, owing = Counter[Booking](), Counter[Booking](), 0
    for payment in payments:
        posted.update({entry.booking: 0 for entry in payment.entries})
        for entry in payment.entries:
            posted[entry.booking] += entry.amount
        if payment.payable:
            for line in booked_lines(payment, OWN):
                carried[line.booking] += line.amount
        rows = list(journal_rows(HEAD, payment))
        for row in rows:
            if row.record is JournalRecord.BALANCE:
                owing += row.amount
            else:
                carried[row.booking] += row.amount
        in_journal = {row.reference for row in rows if row.record is JournalRecord.LINE}
        expected = set() if payment.payable else {f"SY00001-{entry.no}" for entry in payment.entries}
        assert in_journal == expected, "each line is in a payment or in the journal"
    assert +carried == +posted
    assert -carried == -posted
    assert owing == sum(payment.payable for payment in payments) - sum(posted.values())


@given(made=PAYMENTS)
def test_debits_are_credits_and_the_control_row_says_how_much(made: list[Any]) -> None:
    file = journal_file(HEAD, [settled(*lines, owed=owed) for lines, owed in made])
    *rows, control = read(file.body)
    debited, credited = (sum(pence(row[side]) for row in rows) for side in ("debit", "credit"))
    assert debited == credited == file.total == pence(control["debit"]) == pence(control["credit"])
    assert (control["record"], control["count"]) == ("control", str(len(rows)))
    assert file.count == len(rows)


def test_row_says_when_for_whom_and_what_for() -> None:
    (row, *_) = read(journal_file(HEAD, [settled((-12_000, C100))]).body)
    assert row == {
        "record": "line",
        "date": "2014-07-01",
        "period_from": "2014-04-01",
        "period_until": "2014-07-01",
        "cost_centre": "C100",
        "subjective": "52121",
        "pay_code": "PC1",
        "vat_code": "VAT0",
        "pensionable": "Y",
        "practice": "Y00001",
        "payee_type": "practice",
        "payee_code": "Y00001",
        "reference": "SY00001-1",
        "debit": "",
        "credit": "120.00",
        "text": "LEAD, 1 April 2014 to 30 June 2014: sessions",
        "count": "1",
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_code_that_looks_like_a_formula_is_not_run_by_a_spreadsheet(start: str) -> None:
    rows = read(journal_file(HEAD, [settled((-100, Booking(f"{start}A", f"{start}C")))]).body)
    assert (rows[0]["pay_code"], rows[0]["cost_centre"]) == (f"'{start}A", f"'{start}C")


def booked(cost_centre: str) -> dict[str, Any]:
    return {**schemes.SESSIONS, "pay": {**schemes.SESSIONS["pay"], "booking": {"cost_centre": cost_centre}}}


async def carried(office: Office, run_id: str) -> Counter[str]:
    """Pence by cost centre of the run's payments and of its journal."""
    found = Counter[str]()
    for payment in (await office.file(run_id, format="json")).json()["payments"]:
        for line in payment["lines"]:
            found[line["cost_centre"]] += pence(line["amount"])
    for row in (await journal(office, run_id))[1]:
        found[row["cost_centre"]] += pence(row["debit"]) - pence(row["credit"])
    return found


async def journal(office: Office, run_id: str) -> tuple[httpx.Response, list[dict[str, str]]]:
    file = await office.file(run_id, format="journal")
    *rows, control = read(file.content)
    assert (control["record"], control["debit"]) == ("control", control["credit"])
    return file, rows


async def test_what_is_taken_back_in_one_run_and_made_good_in_another_reaches_both_cost_centres(
    shared: LivePlenary,
) -> None:
    office = await Office.open(shared, definition=booked("C200"), lists=("5000",))
    (code,) = office.practices
    await office.record(schemes.a_fact(code, "f1", date(2026, 4, 8)))
    first = await office.pay(FIRST)
    assert (await journal(office, first))[1] == []
    # The session did not take place after all, so 300.00 are owed; a quarter later two are paid, and booked elsewhere.
    await office.record(schemes.a_fact(code, "f1", date(2026, 4, 8), "0"))
    second = await office.pay(SECOND)
    file, rows = await journal(office, second)
    assert [(row["record"], row["cost_centre"], row["debit"], row["credit"]) for row in rows] == [
        ("line", "C200", "", "300.00"),
        ("balance", "", "300.00", ""),
    ]
    assert (file.headers["Plenary-Control-Count"], file.headers["Plenary-Control-Total"]) == ("2", "300.00")
    assert "journal.csv" in file.headers["Content-Disposition"]
    async with shared.session(office.tenant) as session:
        await schemes.publish(
            session, office.scheme, booked("C300"), applies=Period(date(2026, 10, 1), date(2027, 4, 1))
        )
    for n in (1, 2):
        await office.record(schemes.a_fact(code, f"g{n}", date(2026, 10, n)))
    third = await office.pay(THIRD)
    in_all = Counter[str]()
    for run_id in (first, second, third):
        in_all.update(await carried(office, run_id))
    # 300.00 and -300.00 to C200, 600.00 to C300, and nothing is owed any more.
    assert in_all == {"C200": 0, "C300": 60_000, "": 0}
    assert (await office.file(second, format="journal")).content == file.content


async def test_journal_is_sent_once_beside_the_payments(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=booked("C200"), lists=("5000",))
    (code,) = office.practices
    await office.record(schemes.a_fact(code, "f1", date(2026, 4, 8)))
    await office.pay(FIRST)
    await office.record(schemes.a_fact(code, "f1", date(2026, 4, 8), "0"))
    run_id = await office.pay(SECOND)
    url = f"/v1/payment-runs/{run_id}/sendings"
    for form in ("csv", "journal"):
        sent = await office.releaser.post(url, json={"format": form, "override_reason": "Never sent before."})
        assert (sent.status_code, sent.json()["override_reason"]) == (201, None)
        again = await office.releaser.post(url, json={"format": form})
        assert (again.status_code, again.json()["code"]) == (409, "payments.already_sent")
    copy = await office.manager.get(f"{sent.headers['Location']}/file")
    assert copy.content == (await office.file(run_id, format="journal")).content
    assert (sent.json()["payments"], sent.json()["total"]) == (2, "300.00")


async def test_journal_takes_no_layout_and_is_of_a_released_run(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.calculate()
    url = f"/v1/payment-runs/{run_id}/file"
    early = await office.manager.get(url, params={"format": "journal"})
    assert (early.status_code, early.json()["code"]) == (409, "payments.run_not_released")
    await office.release(run_id)
    columns = [{"field": name, "heading": name} for name in ("payment_reference", "amount")]
    await office.releaser.put("/v1/file-layouts/theirs", json={"columns": columns})
    refused = await office.manager.get(url, params={"format": "journal", "layout": "theirs"})
    assert (refused.status_code, refused.json()["code"]) == (422, "payments.layout_not_fitting")
