"""A scheme's money as at a day: due, posted, paid and the accrual at a month's end, in all and account by account."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.calculation.values import Booking
from app.core.clock import Period
from app.core.ids import new_id
from app.payments.rules.accruing import by_months, due_periods, gaps, months_over
from app.payments.rules.standing import add_up, paid_by_account, stand_by_account
from app.payments.values import AccountStand, Moved, PartPaid
from app.schemes.values import Budget
from tests.factories import schemes
from tests.factories.claims import CLAIMED, DAYS, Claiming
from tests.factories.payments import Office
from tests.factories.schemes_over_http import YEAR as YEAR_OVER_HTTP
from tests.factories.service import LivePlenary

YEAR = Period(date(2026, 4, 1), date(2027, 4, 1))
UNCAPPED = {"sessions": {"kind": "count", "fact": "lead_session"}}
FIRST, SECOND = Period(date(2026, 4, 1), date(2026, 7, 1)), Period(date(2026, 7, 1), date(2026, 10, 1))


@pytest.mark.parametrize(
    ("on", "over"),
    [
        (date(2026, 6, 30), date(2026, 7, 1)),
        (date(2026, 6, 29), date(2026, 6, 1)),
        (date(2028, 2, 28), date(2028, 2, 1)),
        (date(2028, 2, 29), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date.max, date(9999, 12, 1)),
    ],
)
def test_month_counts_when_its_last_day_is_over(on: date, over: date) -> None:
    assert months_over(on) == over


def test_due_are_released_periods_and_the_whole_months_beside_them() -> None:
    assert due_periods(YEAR, [FIRST], on=date(2026, 8, 31)) == [FIRST, Period(date(2026, 7, 1), date(2026, 9, 1))]
    assert due_periods(YEAR, [SECOND], on=date(2026, 8, 15)) == [FIRST, SECOND]
    assert due_periods(YEAR, [], on=date(2026, 4, 10)) == []
    assert due_periods(YEAR, [], on=date(2030, 1, 1)) == [YEAR]


def test_what_is_left_of_the_months_is_cut_where_claims_begin_and_end() -> None:
    cuts = [date(2026, 4, 1), date(2026, 7, 1), date(2026, 8, 1), date(2026, 8, 1), date(2027, 4, 1)]
    assert due_periods(YEAR, [FIRST], on=date(2026, 9, 30), cuts=cuts) == [
        FIRST,
        Period(date(2026, 7, 1), date(2026, 8, 1)),
        Period(date(2026, 8, 1), date(2026, 10, 1)),
    ]


def test_rest_of_the_year_is_what_no_period_has_taken() -> None:
    assert list(gaps(YEAR, [SECOND], until=date(2027, 4, 1))) == [FIRST, Period(date(2026, 10, 1), date(2027, 4, 1))]


def test_a_period_falls_into_its_months() -> None:
    assert [month.valid_from.month for month in by_months(FIRST)] == [4, 5, 6]


async def stand(office: Office, on: str) -> dict:
    answer = await office.manager.get(f"/v1/incentive-schemes/{office.scheme}/budget", params={"on": on})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_accrual_is_what_is_due_and_not_posted(shared: LivePlenary) -> None:
    budget = Budget(per_head=Decimal("2.00"), basis="registered")
    office = await Office.open(shared, budget=budget)
    before = await stand(office, "2026-06-30")
    assert (before["budget"], before["entitled"], before["posted"]) == ("22000.00", "5500.00", "0.00")
    assert before["accrual"] == "5500.00"
    await office.pay()
    after = await stand(office, "2026-11-30")
    assert (after["entitled"], after["posted"], after["paid"]) == ("14666.67", "5500.00", "0.00")
    assert after["accrual"] == "9166.67"
    assert after["by_cost_centre"][0]["cost_centre"] == "C100"
    assert after["forecast_outturn"] == "22000.00"


async def test_money_counts_as_paid_from_the_day_that_the_ledger_names(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    file = (await office.manager.get(f"/v1/payment-runs/{run_id}/file", params={"format": "json"})).json()
    body = {
        "acknowledgements": [
            {"payment": each["reference"], "outcome": "paid", "paid_on": "2026-12-18"} for each in file["payments"]
        ]
    }
    await office.releaser.post(f"/v1/payment-runs/{run_id}/acknowledgements", json=body)
    assert (await stand(office, "2026-12-17"))["paid"] == "0.00"
    assert (await stand(office, "2026-12-18"))["paid"] == "5500.00"
    assert (await stand(office, "2026-11-21"))["posted"] == "0.00"


async def test_money_that_came_back_is_not_paid_until_the_ledger_pays_it_again(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.pay()
    (payment,) = await office.references(run_id)
    paid = {"payment": payment, "outcome": "paid", "paid_on": "2026-12-18"}
    for answer, counted in (
        (paid, "2500.00"),
        ({"payment": payment, "outcome": "rejected", "reason": "Came back."}, "0.00"),
        ({"payment": payment, "outcome": "accepted"}, "0.00"),
        (paid, "2500.00"),
    ):
        await office.acknowledge(run_id, answer)
        assert (await stand(office, "2026-12-31"))["paid"] == counted, answer


async def test_months_without_a_version_cost_nothing(shared: LivePlenary) -> None:
    office = await Office.open(shared, applies=Period(date(2026, 7, 1), date(2027, 4, 1)))
    found = await stand(office, "2026-09-30")
    assert (found["budget"], found["entitled"]) == (None, "5500.00")


async def test_sessions_still_to_come_are_in_the_forecast(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS, lists=("5000",))
    await office.record(schemes.a_fact(office.practices[0], "f1", date(2026, 4, 8)))
    found = await stand(office, "2026-11-30")
    assert found["entitled"] == "300.00"
    assert found["forecast_outturn"] == "2700.00"


async def test_budget_of_another_tenant_is_not_there(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    other = await shared.as_role("scheme_manager", tenant=await shared.fresh_tenant())
    assert (await other.get(f"/v1/incentive-schemes/{office.scheme}/budget")).status_code == 404


async def test_sums_of_the_largest_rate_and_lists_are_shown(shared: LivePlenary) -> None:
    largest = {**schemes.PER_HEAD, "pay": {**schemes.PER_HEAD["pay"], "rate": "1000000.00"}}
    office = await Office.open(shared, definition=largest, lists=("9000000", "9000000"))
    shown = await stand(office, "9999-12-31")
    assert (shown["entitled"], shown["accrual"]) == ("18000000000000.00", "18000000000000.00")
    own = await shared.as_role("practice_manager", tenant=office.tenant, practice=office.practices[0])
    today = await own.get(f"/v1/practices/{office.practices[0]}/today")
    assert today.status_code == 200, today.text
    assert [money["expected"] for money in today.json()["money"]] == ["2250000000000.00"]


OWN, C100, C200 = Booking("GP01", "C100"), Booking("GP01", "C100", "52121"), Booking("GP01", "C200")


def test_payment_that_was_not_paid_in_full_is_shared_among_its_accounts() -> None:
    part = PartPaid(new_id(), 8_000)
    moved = [
        Moved(C100, posted=100, paid=100),
        Moved(C100, posted=15_000, paid=0, part_of=part),
        Moved(C200, posted=5_000, paid=0, part_of=part),
    ]
    assert paid_by_account(moved) == {C100: 6_100, C200: 2_000}


def test_each_account_has_its_own_accrual_and_outturn() -> None:
    moved = [Moved(C100, posted=60_000, paid=50_000), Moved(C200, posted=1_000, paid=0)]
    stands = stand_by_account(
        own=OWN, entitled={C100: 100_000}, unclaimed={}, offered={C100: 40_000}, moved=moved, waived=0
    )
    assert [(each.account, each.accrual, each.paid, each.forecast_outturn) for each in stands] == [
        (C100, 40_000, 50_000, 140_000),
        # What was posted there before is booked elsewhere by now.
        (C200, -1_000, 0, 0),
    ]
    assert add_up([*stands, *stands])[0] == AccountStand(C100, 200_000, 120_000, 100_000, 280_000)


@pytest.mark.parametrize("waived", [0, 2_499])
def test_where_nothing_is_booked_the_scheme_s_own_account_stands_with_what_was_waived(waived: int) -> None:
    stands = stand_by_account(own=OWN, entitled={}, unclaimed={}, offered={}, moved=[], waived=waived)
    assert stands == [AccountStand(OWN, waived=waived, forecast_outturn=waived)]


BOOKED = {
    "language": 1,
    "measures": schemes.PER_HEAD["measures"] | schemes.SESSIONS["measures"],
    "pay": {
        "type": "sum",
        "of": [
            {**schemes.PER_HEAD["pay"], "booking": {"cost_centre": "C200", "subjective": "52121"}},
            schemes.SESSIONS["pay"],
        ],
    },
}
FIGURES = ("entitled", "unclaimed", "posted", "paid", "accrual", "waived", "forecast_outturn")


def assert_adds_up(whole: dict, parts: list[dict]) -> None:
    for figure in FIGURES:
        assert Decimal(whole[figure]) == sum((Decimal(part[figure]) for part in parts), Decimal(0)), figure


async def test_each_cost_centre_stands_by_what_was_booked(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=BOOKED, lists=("5000",))
    await office.record(schemes.a_fact(office.practices[0], "f1", date(2026, 4, 8)))
    run_id = await office.pay()
    (payment,) = await office.references(run_id)
    await office.acknowledge(run_id, {"payment": payment, "outcome": "paid", "paid_on": "2026-12-18"})
    found = await stand(office, "2026-12-31")
    assert [(row["cost_centre"], row["subjective"], row["pay_code"]) for row in found["by_cost_centre"]] == [
        ("C100", None, "GP01"),
        ("C200", "52121", "GP01"),
    ]
    own, heads = found["by_cost_centre"]
    assert (own["entitled"], own["posted"], own["paid"], own["accrual"]) == ("300.00", "300.00", "300.00", "0.00")
    assert (heads["entitled"], heads["posted"], heads["accrual"]) == ("7500.00", "2500.00", "5000.00")
    assert_adds_up(found, found["by_cost_centre"])
    assert (await stand(office, "2026-12-17"))["by_cost_centre"][1]["paid"] == "0.00"
    # The ledger says that half of it was paid: half of each line was.
    half = {"payment": payment, "outcome": "paid", "paid_on": "2026-12-19", "amount": "1400.00"}
    await office.acknowledge(run_id, half)
    found = await stand(office, "2026-12-31")
    assert [row["paid"] for row in found["by_cost_centre"]] == ["150.00", "1250.00"]
    assert_adds_up(found, found["by_cost_centre"])


async def accrued(claiming: Claiming) -> tuple[str, str, str, str]:
    found = (await claiming.manager.get(f"{claiming.scheme}/budget", params={"on": "2026-11-30"})).json()
    assert_adds_up(found, found["by_cost_centre"])
    return found["entitled"], found["unclaimed"], found["posted"], found["accrual"]


async def test_what_has_to_be_claimed_is_accrued_from_the_day_it_is_declared(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, definition={**CLAIMED, "measures": UNCAPPED})
    # A session of another quarter, which nobody claims.
    await claiming.record("2026-04-08")
    await claiming.upto()
    assert await accrued(claiming) == ("2100.00", "2100.00", "0.00", "0.00")
    assert (await claiming.step("declare")).is_success
    assert await accrued(claiming) == ("2100.00", "300.00", "0.00", "1800.00")
    for verb in ("vet", "approve"):
        assert (await claiming.step(verb)).is_success
    await claiming.pay()
    assert await accrued(claiming) == ("2100.00", "300.00", "1800.00", "0.00")
    # What comes after the claim was paid has to be claimed as well.
    await claiming.record("2026-09-23")
    assert await accrued(claiming) == ("2400.00", "600.00", "1800.00", "0.00")
    await claiming.open()
    assert (await claiming.step("declare")).is_success
    assert await accrued(claiming) == ("2400.00", "300.00", "1800.00", "300.00")
    assert (await claiming.step("reject", reason_code="evidence_missing")).is_success
    assert await accrued(claiming) == ("2400.00", "600.00", "1800.00", "0.00")


async def test_who_was_paid_before_claims_had_to_be_made_needs_none(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, definition=schemes.SESSIONS)
    await claiming.record(*DAYS)
    await claiming.pay()
    body = {"applies": YEAR_OVER_HTTP, "definition": CLAIMED, "reason": "Claims from now on."}
    made = await claiming.manager.post(f"{claiming.scheme}/versions", json=body)
    assert (await claiming.manager.post(f"{made.headers['Location']}/publish", headers={"If-Match": "*"})).is_success
    await claiming.record("2026-04-08")
    assert await accrued(claiming) == ("2100.00", "300.00", "1800.00", "0.00")


async def test_position_is_the_sum_of_all_schemes_and_a_sheet_says_the_same(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=BOOKED, lists=("5000",))
    await Office.sign_up(shared, office.tenant, office.practices, code="OTHER")
    await office.pay()
    url = "/v1/finance-position?on=2026-11-30"
    answer = await office.manager.get(url)
    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert len(found["schemes"]) == 2
    assert_adds_up(found, found["schemes"])
    assert_adds_up(found, found["by_cost_centre"])
    assert [each for each in found["schemes"] if each["scheme"] == str(office.scheme)] == [
        await stand(office, "2026-11-30")
    ]
    sheet = await office.manager.get(url, headers={"Accept": "text/csv"})
    *rows, control = csv.DictReader(io.StringIO(sheet.text, newline=""))
    assert sheet.headers["Content-Type"].startswith("text/csv")
    assert {(row["scheme"], row["cost_centre"]) for row in rows} == {
        ("LEAD", "C100"),
        ("LEAD", "C200"),
        ("OTHER", "C100"),
    }
    assert_adds_up(control, rows)
    assert {figure: control[figure] for figure in FIGURES} == {figure: found[figure] for figure in FIGURES}


async def test_position_comes_in_pages_whose_sums_add_up(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    await Office.sign_up(shared, office.tenant, office.practices, code="OTHER")
    url, csv_of = "/v1/finance-position?on=2026-11-30", {"Accept": "text/csv"}
    whole = (await office.manager.get(f"{url}&count=exact")).json()
    assert (whole["total"], whole["next_cursor"]) == (2, None)
    first = await office.manager.get(f"{url}&limit=1")
    second = await office.manager.get(f"{url}&limit=1&cursor={first.json()['next_cursor']}")
    assert first.json()["schemes"] + second.json()["schemes"] == whole["schemes"]
    assert_adds_up(whole, [first.json(), second.json()])
    sheet = await office.manager.get(f"{url}&limit=1", headers=csv_of)
    assert sheet.text.splitlines()[-1].startswith("subtotal,")
    following = sheet.headers["Link"].partition(">")[0].lstrip("<")
    assert following == first.headers["Link"].partition(">")[0].lstrip("<")
    rest = await office.manager.get(following, headers=csv_of)
    assert rest.text.splitlines()[-1].startswith("control,")
    assert "Link" not in rest.headers


async def test_pages_that_begin_before_midnight_go_on_with_their_day(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    await Office.sign_up(shared, office.tenant, office.practices, code="OTHER")
    url = "/v1/finance-position?limit=1"
    first = (await office.manager.get(url)).json()
    shared.clock.instant += timedelta(days=1)
    following = {"cursor": first["next_cursor"]}
    second = (await office.manager.get(url, params={"limit": "1"} | following)).json()
    assert (first["on"], second["on"]) == ("2026-11-22", "2026-11-22")
    assert [each["scheme"] for each in first["schemes"]] != [each["scheme"] for each in second["schemes"]]
    assert second["schemes"][0]["on"] == "2026-11-22"
    same = await office.manager.get("/v1/finance-position", params=following | {"on": "2026-11-22"})
    assert same.json()["schemes"] == second["schemes"]
    other = await office.manager.get("/v1/finance-position", params=following | {"on": "2026-11-23"})
    assert (other.status_code, other.json()["code"]) == (422, "cursor.invalid")


async def test_position_shows_nothing_of_another_tenant_and_no_day_that_no_scheme_has(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    stranger = await shared.as_role("auditor", tenant=await shared.fresh_tenant())
    found = (await stranger.get("/v1/finance-position?on=2026-11-30")).json()
    assert (found["schemes"], found["by_cost_centre"], found["entitled"]) == ([], [], "0.00")
    assert (await office.manager.get("/v1/finance-position?on=2024-03-31")).json()["schemes"] == []
    for day in ("0001-01-01", "9999-12-31", "tomorrow"):
        assert (await office.manager.get("/v1/finance-position", params={"on": day})).status_code == 422
