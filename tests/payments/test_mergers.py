"""Practices that merge one after the other within a period: each day is paid once, and to who was open on it."""

from datetime import date
from typing import Any

from app.core.clock import Period
from tests.factories import schemes
from tests.factories.communications import give_mailbox, told
from tests.factories.organisations import make_locality, place
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}
FIRST, SECOND = Period(date(2026, 4, 1), date(2026, 10, 1)), Period(date(2026, 10, 1), date(2027, 4, 1))
DEFINITION: dict[str, Any] = {
    "language": 1,
    "measures": schemes.PER_HEAD["measures"] | {"sessions": schemes.SESSIONS["measures"]["sessions"]},
    "pay": {
        "type": "sum",
        "of": [
            {
                "type": "pro_rata",
                "by": "days",
                "successor": "takes_over",
                "then": {"type": "per_head", "id": "engagement", "rate": "3.66", "measure": "list"},
            },
            schemes.SESSIONS["pay"],
        ],
    },
}


async def _merge(office: Office, practice: str, successor: str, on: str) -> None:
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    body = {"kind": "merge", "practice": practice, "successor": successor, "effective_on": on}
    answer = await admin.post("/v1/practice-changes", json=body)
    assert answer.status_code == 201, answer.text


async def _lines(office: Office, run_id: str) -> list[tuple[str, str, str, str]]:
    """Practice, component, payee and amount of each line of the run that is not 0.00."""
    statements = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()["data"]
    return [
        (statement["practice"], line["component"], line["payee"]["code"], line["amount"])
        for statement in statements
        for line in (await office.statement(run_id, statement["practice"]))["lines"]
        if line["amount"] != "0.00"
    ]


async def test_a_chain_of_mergers_in_one_period_is_paid_once_and_to_who_was_open(shared: LivePlenary) -> None:
    """1,000 patients are 1,830.00 for the half year, 10.00 a day of 183. The second has 61 days of the first, and the third 92
    of each.
    """
    office = await Office.open(shared, lists=("1000", "1000", "1000"), definition=DEFINITION)
    a, b, c = office.practices
    await office.record(
        schemes.a_fact(a, "of-a", date(2026, 4, 8)),
        schemes.a_fact(b, "of-b", date(2026, 6, 8)),
        schemes.a_fact(c, "of-c", date(2026, 8, 8)),
    )
    await _merge(office, a, b, "2026-05-01")
    await _merge(office, b, c, "2026-07-01")
    assert await _lines(office, await office.pay(FIRST)) == [
        (a, "engagement", a, "300.00"),
        (a, "lead-time", a, "300.00"),
        (b, "engagement", b, "1520.00"),
        (b, "lead-time", b, "300.00"),
        (c, "engagement", c, "3670.00"),
        (c, "lead-time", c, "300.00"),
    ]
    # The next half year pays the one that is left, and finds nothing to pay once more in the first.
    assert await _lines(office, await office.pay(SECOND)) == [(c, "engagement", c, "1830.00")]


async def test_an_announced_merger_moves_no_money_before_its_day(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("1000", "1000"), definition=DEFINITION)
    a, b = office.practices
    await _merge(office, a, b, "2026-12-01")
    assert await _lines(office, await office.pay(FIRST)) == [
        (a, "engagement", a, "1830.00"),
        (b, "engagement", b, "1830.00"),
    ]


async def test_a_successor_asks_about_its_predecessors_lines_from_its_day_on(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("1000", "1000", "1000"))
    a, b, c = office.practices
    line = (await office.statement(await office.pay(schemes.QUARTER), a))["lines"][0]["reference"]
    heir, later = [await shared.as_role("practice_manager", tenant=office.tenant, practice=code) for code in (b, c)]
    queries, ask = f"/v1/payment-lines/{line}/queries", {"text": "Which list is this?"}
    await _merge(office, a, b, "2026-11-01")
    # The merger of the second is only announced.
    await _merge(office, b, c, "2026-11-23")
    assert (await later.post(queries, json=ask)).status_code == 404
    assert (await later.get(f"/v1/payment-lines/{line}")).status_code == 404
    assert (await later.get(f"/v1/practices/{a}/statements")).status_code == 403
    assert len((await heir.get(f"/v1/practices/{a}/statements")).json()["data"]) == 1
    assert (await heir.get(f"/v1/payment-lines/{line}")).status_code == 200
    made = await heir.post(queries, json=ask)
    assert (made.status_code, made.json()["practice"]) == (201, b)
    path = made.headers["Location"]
    upheld = {
        "outcome": "upheld",
        "text": "You are right.",
        "correction": {"amount": "30.00", "reason": "A late list."},
    }
    assert (await office.manager.post(f"{path}/answer", json=upheld, headers=ANY)).status_code == 200
    assert (await office.approver.post(f"{path}/correction/approve", headers=ANY)).status_code == 200
    # It is paid where the line was.
    assert (a, "engagement", a, "30.00") in await _lines(
        office, await office.pay(Period(schemes.QUARTER.end, date(2026, 10, 1)))
    )


async def test_lmc_of_a_locality_keeps_what_was_shared_with_it_by_a_practice_that_is_taken_over(
    shared: LivePlenary,
) -> None:
    office = await Office.open(shared)
    a, b = office.practices
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    north, south = [await make_locality(admin, code) for code in ("north", "south")]
    await place(admin, north, a, from_="2020-04-01")
    await place(admin, north, b, from_="2020-04-01")
    path = await office.query((await office.statement(await office.pay(), a))["lines"][0]["reference"], a)
    own = await shared.as_role("practice_manager", tenant=office.tenant, practice=a)
    lmc, other = [await shared.as_role("lmc_officer", tenant=office.tenant, locality=code) for code in (north, south)]
    assert (await lmc.get(path)).status_code == 404
    await own.post(f"{path}/share", headers=ANY)
    assert [(await client.get(path)).status_code for client in (lmc, other)] == [200, 404]
    await _merge(office, a, b, "2026-11-22")
    assert [(await client.get(path)).status_code for client in (lmc, other)] == [200, 404]


async def test_who_took_over_and_the_lmc_around_it_hear_of_a_query_that_was_asked_before(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    a, b = office.practices
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    north = await make_locality(admin, "north")
    await place(admin, north, b, from_="2020-04-01")
    officer = await shared.make_person("officer", tenant=office.tenant, email=f"lmc@{b}.example")
    await shared.make_key("lmc_officer", tenant=office.tenant, locality=north, person=officer)
    for code in (a, b):
        await give_mailbox(shared, office.tenant, code, f"surgery@{code}.example")
    path = await office.query((await office.statement(await office.pay(), a))["lines"][0]["reference"], a)
    await _merge(office, a, b, "2026-11-22")
    heir = await shared.as_role("practice_manager", tenant=office.tenant, practice=b)
    assert (await heir.post(f"{path}/share", headers=ANY)).status_code == 200
    answer = {"outcome": "explained", "text": "It is right."}
    assert (await office.manager.post(f"{path}/answer", json=answer, headers=ANY)).status_code == 200
    await shared.work()
    addresses = {row["address"] for row in await told(shared, office.tenant, "query")}
    assert {f"lmc@{b}.example", f"surgery@{b}.example"} <= addresses
    assert f"surgery@{a}.example" not in addresses


async def test_a_practice_hears_of_its_query_itself_until_the_merger_has_come(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    a, b = office.practices
    for code in (a, b):
        await give_mailbox(shared, office.tenant, code, f"surgery@{code}.example")
    path = await office.query((await office.statement(await office.pay(), a))["lines"][0]["reference"], a)
    await _merge(office, a, b, "2026-12-01")
    answer = {"outcome": "explained", "text": "It is right."}
    assert (await office.manager.post(f"{path}/answer", json=answer, headers=ANY)).status_code == 200
    await shared.work()
    addresses = {row["address"] for row in await told(shared, office.tenant, "query")}
    assert f"surgery@{a}.example" in addresses
    assert f"surgery@{b}.example" not in addresses


async def test_who_took_over_from_a_successor_has_what_was_its_predecessors(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("1000", "1000", "1000"))
    a, b, c = office.practices
    line = (await office.statement(await office.pay(), a))["lines"][0]["reference"]
    own = await shared.as_role("practice_manager", tenant=office.tenant, practice=a)
    path = (await own.post(f"/v1/payment-lines/{line}/queries", json={"text": "Which list?"})).headers["Location"]
    await _merge(office, a, b, "2026-10-01")
    await _merge(office, b, c, "2026-11-01")
    heir = await shared.as_role("practice_manager", tenant=office.tenant, practice=c)
    assert [each["practice"] for each in (await heir.get("/v1/payment-queries")).json()["data"]] == [a]
    written = await heir.post(f"{path}/messages", json={"text": "It is ours by now."})
    assert (written.status_code, written.json()["side"]) == (201, "practice")
