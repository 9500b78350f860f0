"""Claims that the office makes for many practices at once, from the sheet that it was given."""

import csv
import io

import httpx

from tests.factories.claims import DAYS, QUARTER, Claiming
from tests.factories.schemes_over_http import sign_up
from tests.factories.service import LivePlenary


async def send(claiming: Claiming, sheet: str, **query: str) -> httpx.Response:
    return await claiming.manager.post(
        f"{claiming.scheme}/claims/bulk",
        content=sheet.encode(),
        params={"period": QUARTER, **query},
        headers={"Content-Type": "text/csv"},
    )


async def template(claiming: Claiming) -> str:
    return (await claiming.manager.get(f"{claiming.scheme}/claims/template", params={"period": QUARTER})).text


async def test_the_sheet_that_goes_out_may_come_back_as_it_is_and_twice(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.record(*DAYS)
    sheet = await template(claiming)
    (row,) = csv.DictReader(io.StringIO(sheet))
    assert (row["practice"], row["figure_so_far"], row["lead_session"]) == (claiming.practice, "1800.00", "6")
    first = (await send(claiming, sheet)).json()
    assert first == {
        "dry_run": False,
        "created": 1,
        "unchanged": 0,
        "facts_created": 0,
        "facts_changed": 0,
        "warnings": [],
    }
    again = (await send(claiming, sheet)).json()
    assert again == first | {"created": 0, "unchanged": 1}
    (claim,) = (await claiming.lead.get("/v1/claims")).json()["data"]
    assert (claim["state"], claim["on_behalf"]) == ("open", True)
    claiming.claim = f"/v1/claims/{claim['id']}"
    # Made by the office, declared by the practice.
    assert (await claiming.step("declare", by=claiming.manager)).status_code == 403
    assert (await claiming.step("declare")).json()["amount"] == "1800.00"


async def test_a_value_becomes_one_confirmed_fact_which_the_sheet_may_correct(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    heading = "practice,lead_session\n"
    dry = (await send(claiming, f"{heading}{claiming.practice},6\n", dry_run="true")).json()
    assert (dry["dry_run"], dry["created"], dry["facts_created"]) == (True, 1, 1)
    assert (await claiming.lead.get("/v1/claims")).json()["data"] == []
    assert (await send(claiming, f"{heading}{claiming.practice},6\n")).json()["facts_created"] == 1
    assert (await send(claiming, f"{heading}{claiming.practice},5\n")).json()["facts_changed"] == 1
    (fact,) = (await claiming.manager.get(f"{claiming.scheme}/facts")).json()["data"]
    assert (fact["value"], fact["state"], fact["on"]) == ("5", "confirmed", "2026-09-30")


async def test_each_cell_that_cannot_be_is_named_and_nothing_is_made(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.record(*DAYS)
    outside = f"{claiming.practice[:-1]}9"
    await shared.make_practice(outside, claiming.tenant)
    sheet = f"practice,lead_session\n{claiming.practice},7\n{outside},\n{claiming.practice},6\n"
    refused = await send(claiming, sheet)
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.claims_refused")
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [
        ("/rows/0/values/lead_session", "schemes.recorded_otherwise"),
        ("/rows/1/practice", "schemes.not_signed_up"),
        ("/rows/2/practice", "schemes.practice_repeated"),
    ]
    unknown = await send(claiming, f"practice,visits,lead_session\n{claiming.practice},3,x\n")
    assert [each["pointer"] for each in unknown.json()["errors"]] == ["/rows/0/values/lead_session"]
    lost = await send(claiming, f"practice,visits\n{claiming.practice},3\n")
    assert [(each["pointer"], each["code"]) for each in lost.json()["errors"]] == [
        ("/rows/0/values/visits", "schemes.measure_unknown")
    ]
    assert (await claiming.lead.get("/v1/claims")).json()["data"] == []


async def test_practices_are_told_of_claims_that_were_made_for_them(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    other = f"{claiming.practice[:-1]}2"
    await shared.make_practice(other, claiming.tenant)
    await sign_up(claiming.manager, claiming.scheme, other)
    body = {"rows": [{"practice": code, "values": {}} for code in (claiming.practice, other)]}
    made = await claiming.manager.post(f"{claiming.scheme}/claims/bulk", json=body, params={"period": QUARTER})
    assert (made.status_code, made.json()["created"]) == (201, 2)
    await shared.work()
    told = await shared.fetch(
        "SELECT subject FROM message WHERE source = 'claim'", tenant=shared.tenants[claiming.tenant]
    )
    assert [row["subject"] for row in told] == ["To be declared: A named lead in every practice"] * 2


async def test_what_counts_one_by_one_is_not_recorded_as_a_sum(shared: LivePlenary) -> None:
    measures = {
        "weeks": {"kind": "costs", "fact": "locum_week"},
        "checks": {"kind": "events", "fact": "health_check", "distinct": "subject"},
    }
    locum = {
        "type": "capped_reimbursement",
        "id": "locum",
        "measure": "weeks",
        "caps": [{"from_unit": 1, "cap": "500.00"}],
    }
    checks = {"type": "per_event", "id": "checks", "measure": "checks", "rate": "140.00"}
    pay = {"type": "sum", "of": [locum, checks]}
    definition = {"language": 1, "measures": measures, "pay": pay, "claims": "required"}
    claiming = await Claiming.start(shared, definition=definition)
    facts = [
        {"external_id": day, "practice": claiming.practice, "measure": "locum_week", "on": day, "value": "700.00"}
        for day in DAYS[:2]
    ]
    assert (await claiming.manager.post(f"{claiming.scheme}/facts", json={"facts": facts})).status_code == 201
    # What is recorded comes back as it went out.
    assert (await send(claiming, await template(claiming), dry_run="true")).json()["facts_created"] == 0
    refused = await send(claiming, f"practice,locum_week,health_check\n{claiming.practice},2100.00,6\n", dry_run="true")
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [
        ("/rows/0/values/health_check", "schemes.counted_one_by_one"),
        ("/rows/0/values/locum_week", "schemes.counted_one_by_one"),
    ]


async def test_of_what_only_the_latest_counts_the_sheet_has_the_latest(shared: LivePlenary) -> None:
    measures = {"area": {"kind": "done", "fact": "area"}}
    pay = {"type": "milestone", "id": "areas", "amount": "900.00", "items": [{"measure": "area"}]}
    definition = {"language": 1, "measures": measures, "pay": pay, "claims": "required"}
    claiming = await Claiming.start(shared, definition=definition)
    facts = [
        {"external_id": day, "practice": claiming.practice, "measure": "area", "on": day, "value": value}
        for day, value in zip(DAYS, ("0.5", "1"), strict=False)
    ]
    assert (await claiming.manager.post(f"{claiming.scheme}/facts", json={"facts": facts})).status_code == 201
    (row,) = csv.DictReader(io.StringIO(await template(claiming)))
    assert (row["area"], row["figure_so_far"]) == ("1", "900.00")
    refused = await send(claiming, f"practice,area\n{claiming.practice},0.75\n", dry_run="true")
    assert "come to 1;" in refused.json()["errors"][0]["detail"]


async def test_rows_whose_days_matter_are_named_where_they_become_one_fact(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    dry = (await send(claiming, f"practice,lead_session\n{claiming.practice},6\n", dry_run="true")).json()
    (warning,) = dry["warnings"]
    assert warning.startswith(
        f"lead_session: one fact of 30 September 2026 stands for each of {claiming.practice} (6), "
    )
    one = (await send(claiming, f"practice,lead_session\n{claiming.practice},1\n", dry_run="true")).json()
    assert one["warnings"] == []
