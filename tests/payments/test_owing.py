"""Money that a payee owes: taken back at once, in agreed parts, or waived by two people where it is little."""

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calculation.values import Payee
from app.core.clock import Period
from app.core.ids import new_id
from app.core.money import parse_pounds
from app.payments.rules.owing import is_waivable, most_now, most_per_run
from app.payments.rules.working import settle
from app.payments.values import Balance
from tests.factories import schemes
from tests.factories.communications import give_mailbox, mail_of, told
from tests.factories.keys import a_manager_and_their_giver
from tests.factories.payments import Office
from tests.factories.people import add_post, somebody_who_left
from tests.factories.service import LivePlenary
from tests.payments.test_remittances import words

SECOND_QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1))
THIRD_QUARTER = Period(date(2026, 10, 1), date(2027, 1, 1))
ANY = {"If-Match": "*"}
PAYEE = Payee("practice", "Y00001")
REASON = "Agreed with the practice."


def test_parts_are_rounded_up_so_that_the_last_is_the_smallest() -> None:
    assert [most_per_run(60_000, 4), most_per_run(10_000, 3), most_per_run(1, 60)] == [15_000, 3_334, 1]


@pytest.mark.parametrize(
    ("owed", "planned", "most"), [(12_000, 12_000, 3_000), (59_000, 9_000, 53_000), (50_000, 0, None)]
)
def test_a_plan_is_for_what_was_owed_when_it_was_agreed(owed: int, planned: int, most: int | None) -> None:
    assert most_now(owed, 3_000, planned=planned) == most


@pytest.mark.parametrize(("owed", "below", "may"), [(2_499, 2_500, True), (2_500, 2_500, False), (1, None, False)])
def test_only_less_than_the_scheme_says_may_be_waived(owed: int, below: int | None, may: bool) -> None:
    assert is_waivable(owed, below) == may


@pytest.mark.parametrize(
    ("total", "owed", "most", "payable", "left"),
    [
        (20_000, 0, None, 20_000, 0),
        (20_000, -12_000, None, 8_000, 0),
        (5_000, -12_000, None, 0, -7_000),
        (20_000, -12_000, 3_000, 17_000, -9_000),
        (2_000, -12_000, 3_000, 0, -10_000),
        (-1_000, -12_000, 3_000, 0, -13_000),
    ],
)
def test_a_run_takes_back_what_was_agreed_at_most(
    total: int, owed: int, most: int | None, payable: int, left: int
) -> None:
    paid = settle(PAYEE, total, Balance("Y00001", PAYEE, owed, most))
    assert (paid.payable, paid.carried_forward) == (payable, left)


@given(
    st.lists(st.integers(-50_000, 50_000), min_size=1, max_size=12),
    st.none() | st.integers(1, 20_000),
)
def test_what_is_paid_and_what_is_left_to_owe_is_what_was_due(totals: list[int], most: int | None) -> None:
    owed, paid = 0, 0
    for total in totals:
        payment = settle(PAYEE, total, Balance("Y00001", PAYEE, owed, most))
        assert payment.payable >= 0 >= payment.carried_forward
        owed, paid = payment.carried_forward, paid + payment.payable
    assert paid + owed == sum(totals)


async def an_office_that_is_owed(
    live: LivePlenary, sessions: int = 2, *, payee: str | None = None, **scheme: Any
) -> Office:
    """Its practice, or another for it, was paid for sessions that were taken back since, at 300.00 each."""
    to = {"payee": {"type": "organisation", "code": payee}} if payee else {}
    definition = schemes.SESSIONS | {"pay": schemes.SESSIONS["pay"] | to}
    office = await Office.open(live, definition=definition, lists=("5000",), **scheme)
    if payee:
        await live.make_practice(payee, office.tenant)
    (practice,) = office.practices
    days = [date(2026, month, day) for month in (4, 5, 6) for day in (7, 8)][:sessions]
    await office.record(*(schemes.a_fact(practice, f"a{day}", day) for day in days))
    await office.pay()
    await office.record(*(schemes.a_fact(practice, f"a{day}", day, None) for day in days))
    await office.pay()
    return office


async def earn(office: Office, *days: date) -> None:
    await office.record(*(schemes.a_fact(office.practices[0], f"b{day}", day) for day in days))


async def propose(office: Office, **body: Any) -> httpx.Response:
    body = {"practice": office.practices[0], "reason": REASON} | body
    return await office.manager.post(f"/v1/incentive-schemes/{office.scheme}/arrangements", json=body)


async def agree(office: Office, arrangement: str, *, by: httpx.AsyncClient | None = None) -> httpx.Response:
    url = f"/v1/incentive-schemes/{office.scheme}/arrangements/{arrangement}/agree"
    return await (by or office.approver).post(url, headers=ANY)


async def agreed(office: Office, **body: Any) -> dict[str, Any]:
    """A minute after everything before it."""
    office.live.clock.instant += timedelta(minutes=1)
    made = await propose(office, **body)
    assert made.status_code == 201, made.text
    answer = await agree(office, made.json()["id"])
    assert answer.status_code == 200, answer.text
    return answer.json()


async def balances(office: Office) -> dict[str, Any]:
    return (await office.manager.get(f"/v1/incentive-schemes/{office.scheme}/balances")).json()


async def test_a_remittance_that_pays_nothing_names_no_day_to_pay_by(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared)
    path = f"/v1/practices/{office.practices[0]}/statements"
    first, second = (await office.manager.get(path)).json()["data"][::-1]

    async def page(statement: dict[str, Any]) -> str:
        pdf = await office.manager.get(f"{path}/{statement['reference']}", headers={"Accept": "application/pdf"})
        return words(pdf.content)

    assert "To be paid by" in await page(first)
    owing = await page(second)
    assert "To be paid nothing now" in owing
    assert "To be paid by" not in owing


async def test_debt_is_taken_back_in_the_parts_that_two_people_agreed(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared)
    (practice,) = office.practices
    made = await propose(office, kind="recover", parts=4)
    assert (made.json()["most_per_run"], made.json()["agreed_by"]) == ("150.00", None)
    assert (await balances(office))["balances"][0]["most_per_run"] is None
    assert (await agree(office, made.json()["id"])).status_code == 200
    assert (await balances(office))["owed"] == "600.00"
    await earn(office, date(2026, 7, 1))
    statement = await office.statement(await office.pay(SECOND_QUARTER), practice)
    (payment,) = statement["payments"]
    assert (payment["total"], payment["payable"], payment["carried_forward"]) == ("300.00", "150.00", "-450.00")
    assert statement["notes"] == [
        f"{practice} owes 600.00 from before, and by what was agreed this payment is lessened by 150.00 at most."
    ]
    await agreed(office, kind="recover", most_per_run="1000.00")
    await earn(office, date(2026, 10, 1), date(2026, 10, 2))
    (payment,) = (await office.statement(await office.pay(THIRD_QUARTER), practice))["payments"]
    assert (payment["payable"], payment["carried_forward"]) == ("150.00", "0.00")
    assert (await balances(office))["balances"] == []


async def owe(office: Office, *days: date, period: Period) -> None:
    """Paid in one run and taken back in the next, a minute after everything before it."""
    for quantity in ("1", None):
        office.live.clock.instant += timedelta(minutes=1)
        await office.record(*(schemes.a_fact(office.practices[0], f"c{day}", day, quantity) for day in days))
        await office.pay(period)


async def test_a_plan_that_was_made_good_says_nothing_of_a_later_debt(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1)
    await agreed(office, kind="recover", most_per_run="200.00")
    # Two runs that pay 300.00 each make it good.
    for period, day in ((SECOND_QUARTER, date(2026, 7, 1)), (THIRD_QUARTER, date(2026, 10, 1))):
        office.live.clock.instant += timedelta(minutes=1)
        await earn(office, day)
        await office.pay(period)
    assert (await balances(office))["balances"] == []
    await owe(office, date(2026, 11, 5), date(2026, 11, 6), period=THIRD_QUARTER)
    (owed,) = (await balances(office))["balances"]
    assert (owed["owed"], owed["most_per_run"]) == ("600.00", None)


async def test_what_comes_on_top_of_a_plan_is_taken_back_at_once(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1)
    await agreed(office, kind="recover", most_per_run="10.00")
    await owe(office, date(2026, 7, 5), date(2026, 7, 6), period=SECOND_QUARTER)
    (owed,) = (await balances(office))["balances"]
    # One run has taken 10.00 back of the first 300.00.
    assert (owed["owed"], owed["most_per_run"]) == ("890.00", "610.00")


async def test_waiver_stays_a_note_until_a_statement_of_the_practice_has_said_it(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS, waive_below=30_001)
    owing, other = office.practices
    for quantity in ("1", None):
        await office.record(schemes.a_fact(owing, "a", date(2026, 4, 7), quantity))
        await office.pay()
    shared.clock.instant += timedelta(minutes=1)
    made = (await propose(office, kind="waive")).json()["id"]
    assert (await agree(office, made)).status_code == 200
    shared.clock.instant += timedelta(minutes=1)
    # A run of differences that says nothing to the practice.
    await office.record(schemes.a_fact(other, "b", date(2026, 4, 7)))
    await office.pay()
    notes = (await office.statement(await office.pay(SECOND_QUARTER), owing))["notes"]
    assert notes == [f"300.00 that {owing} owed from before was waived on 22 November 2026. {REASON}"]
    assert (await office.statement(await office.pay(THIRD_QUARTER), owing))["notes"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "waive"}, "£300.00 that {practice} owes for {title} is waived: it is not taken back."),
        ({"kind": "recover", "parts": 3}, "each of them is lessened by £100.00 at most."),
    ],
)
async def test_practice_is_told_of_what_is_agreed_once_it_is(
    shared: LivePlenary, body: dict[str, Any], said: str
) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=30_001)
    (practice,) = office.practices
    await give_mailbox(shared, office.tenant, practice, f"surgery@{practice}.example")
    made = (await propose(office, **body)).json()["id"]
    await shared.work()
    assert await told(shared, office.tenant, "arrangement") == []
    assert (await agree(office, made)).status_code == 200
    await shared.work()
    [letter] = await told(shared, office.tenant, "arrangement")
    subject, text = mail_of(shared, letter)
    title = (await office.manager.get(f"/v1/incentive-schemes/{office.scheme}")).json()["title"]
    assert (letter["address"], subject) == (f"surgery@{practice}.example", f"What is owed for {title}")
    assert said.format(practice=practice, title=title) in text
    assert REASON in text


async def test_small_debt_is_waived_by_a_second_person_and_the_statement_says_so(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=30_001)
    (practice,) = office.practices
    shared.clock.instant += timedelta(minutes=1)
    made = await propose(office, kind="waive")
    answer = await agree(office, made.json()["id"])
    waiver = answer.json()
    assert waiver["waived"] == "300.00"
    read = await office.manager.get(made.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (waiver, answer.headers["ETag"])
    stood = await balances(office)
    assert (stood["balances"], stood["waived"], stood["waivers"]) == ([], "300.00", [waiver])
    budget = f"/v1/incentive-schemes/{office.scheme}/budget"
    outturns: list[int] = []
    for day, amount in (("2026-11-21", "0.00"), ("2026-11-22", "300.00")):
        found = (await office.manager.get(budget, params={"on": day})).json()
        assert [found["waived"], *(each["waived"] for each in found["by_cost_centre"])] == [amount] * 2
        outturns.append(parse_pounds(found["forecast_outturn"]))
    # What was waived was paid and does not come back.
    assert outturns[1] - outturns[0] == 30_000
    again = await propose(office, kind="waive")
    assert (again.status_code, again.json()["code"]) == (409, "payments.nothing_owed")
    for period, day in ((SECOND_QUARTER, date(2026, 7, 1)), (THIRD_QUARTER, date(2026, 10, 1))):
        shared.clock.instant += timedelta(minutes=1)
        await earn(office, day)
        statement = await office.statement(await office.pay(period), practice)
        assert (statement["payments"][0]["payable"], statement["payments"][0]["brought_forward"]) == ("300.00", "0.00")
        said = f"300.00 that {practice} owed from before was waived on 22 November 2026. {REASON}"
        assert statement["notes"] == ([said] if period is SECOND_QUARTER else [])
        if period is SECOND_QUARTER:
            # For whoever reads it on paper as well.
            url = f"/v1/practices/{practice}/statements/{statement['reference']}"
            page = await office.manager.get(url, headers={"Accept": "text/html"})
            pdf = await office.manager.get(url, headers={"Accept": "application/pdf"})
            assert said in page.text
            assert said in words(pdf.content)


@pytest.mark.parametrize("below", [None, 30_000])
async def test_debt_that_the_scheme_does_not_let_be_waived_stays(shared: LivePlenary, below: int | None) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=below)
    refused = await propose(office, kind="waive")
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.not_waivable")


async def test_who_proposes_or_works_there_does_not_agree(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=50_000)
    person = await shared.make_person("Two Hats", tenant=office.tenant)
    manager = office.manager
    office.manager = await shared.as_role("scheme_manager", tenant=office.tenant, person=person)
    made = (await propose(office, kind="waive")).json()["id"]
    own = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    refused = await agree(office, made, by=own)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.arrangement_same_person")
    async with shared.session(office.tenant) as session:
        await add_post(session, person, office.practices[0])
    office.manager = manager
    made = (await propose(office, kind="waive")).json()["id"]
    refused = await agree(office, made, by=own)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice")
    assert (await balances(office))["owed"] == "300.00"


async def test_whoever_gave_the_proposer_a_key_does_not_agree(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=50_000)
    office.manager, giver = await a_manager_and_their_giver(shared, office.tenant)
    made = (await propose(office, kind="waive")).json()["id"]
    refused = await agree(office, made, by=giver)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.arrangement_same_person")
    assert (await agree(office, made)).status_code == 200


async def test_whoever_worked_there_since_the_scheme_began_neither_proposes_nor_agrees(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=50_000)
    held = Period(date(2026, 1, 1), date(2026, 4, 2))
    person = await somebody_who_left(shared, office.tenant, office.practices[0], held)
    made = (await propose(office, kind="waive")).json()["id"]
    office.manager = await shared.as_role("scheme_manager", tenant=office.tenant, person=person)
    approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    for refused in (await propose(office, kind="waive"), await agree(office, made, by=approver)):
        assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice")


async def test_whoever_works_where_the_money_was_paid_does_not_agree(shared: LivePlenary) -> None:
    payee = f"Z{new_id().hex[-6:].upper()}"
    office = await an_office_that_is_owed(shared, sessions=1, payee=payee, waive_below=50_000)
    person = await shared.make_person("Dr Next Door", tenant=office.tenant)
    async with shared.session(office.tenant) as session:
        await add_post(session, person, payee)
    approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    made = (await propose(office, kind="waive", payee={"type": "organisation", "code": payee})).json()["id"]
    refused = await agree(office, made, by=approver)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice")
    assert (await agree(office, made)).status_code == 200


async def test_waiver_waits_while_a_run_may_take_the_same_money_back(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=50_000)
    made = (await propose(office, kind="waive")).json()["id"]
    run_id = await office.calculate(SECOND_QUARTER)
    refused = await agree(office, made)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.run_open")
    await office.decide(run_id, "reject", reason="The waiver comes first.")
    assert (await agree(office, made)).status_code == 200


async def test_of_many_waivers_at_once_one_counts(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=50_000)
    made = [(await propose(office, kind="waive")).json()["id"] for _ in range(3)]
    answers = await asyncio.gather(*(agree(office, each) for each in made * 3))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert (await balances(office))["owed"] == "0.00"


async def test_what_was_agreed_cannot_be_changed_in_the_database(shared: LivePlenary) -> None:
    office = await an_office_that_is_owed(shared, sessions=1, waive_below=50_000)
    waiver = await agreed(office, kind="waive")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="written once"):
        await shared.execute(
            "UPDATE payment_arrangement SET waived = 1 WHERE id = $1",
            waiver["id"],
            tenant=shared.tenants[office.tenant],
        )


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "waive", "parts": 2},
        {"kind": "recover"},
        {"kind": "recover", "parts": 2, "most_per_run": "10.00"},
        {"kind": "recover", "most_per_run": "0.00"},
        {"kind": "recover", "parts": 0},
        {"kind": "recover", "parts": 2, "reason": "\u200b"},
    ],
)
async def test_arrangement_that_says_too_much_or_too_little_is_refused(
    shared: LivePlenary, body: dict[str, Any]
) -> None:
    office = await Office.open(shared)
    assert (await propose(office, **body)).status_code == 422
