"""Kinds of pay that look at other practices, or further back than the period, through the stored route."""

from datetime import date

from app.core.clock import Period
from tests.factories import schemes
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

SECOND_QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1))
LISTS = {"list": {"kind": "list_size", "basis": "registered", "snapshot": "period_start"}}
POOL = {
    "language": 1,
    "measures": LISTS,
    "pay": {"type": "pooled", "id": "pool", "budget": "1000.00", "rate_per": "period", "weight": "list"},
}
CHECKS = {
    "language": 1,
    "measures": {"checks": {"kind": "events", "fact": "check", "distinct": "subject"}},
    "pay": {"type": "per_event", "id": "check", "measure": "checks", "rate": "140.00"},
}
TARGET = {
    "language": 1,
    "measures": {**LISTS, "achieved": {"kind": "level", "fact": "achieved"}},
    "pay": {
        "type": "times",
        "factors": [{"measure": "list", "over": "10000"}],
        "then": {
            "type": "linear", "id": "target", "measure": "achieved", "lower": "20", "upper": "50", "points": "44",
            "point_value": "225.49",
        },
    },
}  # fmt: skip


async def totals(office: Office, run: str) -> list[str]:
    return [(await office.statement(run, practice))["total"] for practice in office.practices]


async def test_a_pool_is_shared_among_all_practices_of_the_run(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=POOL, lists=("100", "100", "100"))
    run = await office.calculate()
    assert await totals(office, run) == ["333.34", "333.33", "333.33"]
    address = f"/v1/incentive-schemes/{office.scheme}"
    asked = {"practice": office.practices[0], "period": "2026-04-01/2026-07-01"}
    figure = await office.manager.get(f"{address}/entitlement", params=asked)
    assert figure.json()["so_far"]["total"] == "333.34", figure.text
    check = (await office.manager.post(f"{address}/versions/1/check")).json()
    assert check["cost"]["expected"] == "1000.00"


async def test_a_list_that_is_put_right_moves_everybodys_share(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=POOL, lists=("100", "100"))
    await office.pay()
    await shared.execute(
        "INSERT INTO register_list_size (id, practice, as_at, registered, source, recorded_at)"
        " SELECT gen_random_uuid(), practice, as_at, 300, 'put right', recorded_at + interval '1 day'"
        " FROM register_list_size WHERE practice = $1",
        office.practices[0],
    )
    run = await office.calculate(SECOND_QUARTER)
    lines = [(await office.statement(run, practice))["lines"][-1] for practice in office.practices]
    assert [(line["kind"], line["amount"]) for line in lines] == [("adjustment", "250.00"), ("adjustment", "-250.00")]


async def test_a_subject_of_an_earlier_quarter_is_not_paid_again(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=CHECKS, lists=("100",))
    (practice,) = office.practices
    held = [("a", date(2026, 5, 6), "p1"), ("b", date(2026, 8, 5), "p1"), ("c", date(2026, 8, 6), "p2")]
    await office.record(*(schemes.a_fact(practice, name, on, measure="check", subject=who) for name, on, who in held))
    first = await office.pay()
    assert await totals(office, first) == ["140.00"]
    assert await totals(office, await office.calculate(SECOND_QUARTER)) == ["140.00"]


async def test_a_level_of_the_year_counts_in_later_quarters(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=TARGET, lists=("10000",))
    (practice,) = office.practices
    await office.record(schemes.a_fact(practice, "a", date(2026, 5, 6), "34", measure="achieved"))
    await office.pay()
    run = await office.calculate(SECOND_QUARTER)
    assert await totals(office, run) == ["4630.06"]
