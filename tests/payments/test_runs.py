"""Runs over HTTP, worked out by the payments worker: asked for, refused, read, and what their statements say."""

import csv
import io
from datetime import date
from typing import Any

import pytest

from app.core.clock import Period
from app.core.ids import new_id
from tests.factories import schemes
from tests.factories.organisations import make_list_size
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

SECOND_QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1))


async def test_run_is_accepted_and_then_worked_out(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    accepted = await office.request()
    assert accepted.status_code == 202
    assert accepted.headers["Location"] == f"/v1/operations/{accepted.json()['id']}"
    run_id = accepted.json()["result"]["payment_run"]
    assert (await office.run(run_id))["state"] == "calculating"
    await shared.work()
    run = await office.run(run_id)
    assert (run["state"], run["practices"], run["lines"], run["total"]) == ("calculated", 2, 2, "5500.00")
    assert run["version"] == 1
    assert len(run["inputs_digest"]) == len(run["outputs_digest"]) == 64
    operation = (await office.manager.get(accepted.headers["Location"])).json()
    assert (operation["status"], operation["progress"]) == ("succeeded", {"done": 2, "total": 2})


async def test_statement_explains_each_line_and_its_payments_add_up(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.calculate()
    statement = await office.statement(run_id, office.practices[0])
    (line,) = statement["lines"]
    (payment,) = statement["payments"]
    assert (line["amount"], line["kind"], line["quantity"], line["rate"]) == ("2500.00", "entitlement", "5000", "2.00")
    assert line["sentence"].endswith("a quarter of it is 2,500.00.")
    assert line["workings"]["value"] == "2500.00"
    assert line["reference"] == f"{statement['reference']}-1"
    name = f"Surgery {office.practices[0]}"
    assert payment["payee"] == {"type": "practice", "code": office.practices[0], "name": name}
    assert (statement["total"], payment["total"], payment["payable"]) == ("2500.00", "2500.00", "2500.00")
    assert payment["paid_on"] is None


async def test_an_organisation_that_the_register_does_not_know_blocks_its_own_line_alone(shared: LivePlenary) -> None:
    provider, unknown = f"X{new_id().hex[-5:].upper()}", f"X{new_id().hex[-5:].upper()}"
    elsewhere = await shared.fresh_tenant()
    await shared.make_practice(provider, elsewhere, name="Night Doctors")
    cover = [
        {"type": "fixed", "id": name, "amount": "10.00", "payee": {"type": "organisation", "code": code}}
        for name, code in (("cover", provider), ("transport", unknown))
    ]
    definition = {"language": 1, "pay": {"type": "sum", "of": cover}}
    office = await Office.open(shared, lists=("5000",), definition=definition)
    statement = await office.statement(await office.pay(), office.practices[0])
    assert [(each["payee"]["name"], each["payable"]) for each in statement["payments"]] == [("Night Doctors", "10.00")]
    paid, blocked = statement["lines"]
    assert (paid["amount"], paid["blocked"], blocked["amount"], blocked["blocked"]) == ("10.00", False, "0.00", True)
    assert blocked["sentence"].startswith(
        f"Nothing is paid yet, because neither the register nor a confirmed supplier has the organisation {unknown}."
    )
    await shared.make_practice(unknown, elsewhere, name="Transport")
    later = await office.statement(await office.calculate(), office.practices[0])
    assert [(each["payee"]["name"], each["payable"]) for each in later["payments"]] == [("Transport", "10.00")]


@pytest.mark.parametrize("paid", ["10.00", "0.00"])
async def test_payee_has_a_name_whether_it_is_paid_or_not(shared: LivePlenary, paid: str) -> None:
    office = await Office.open(shared, lists=("5000",), definition={"language": 1, "pay": fixed_at(paid)})
    code = office.practices[0]
    statement = await office.statement(await office.pay(), code)
    assert len(statement["payments"]) == (paid != "0.00")
    (line,) = statement["lines"]
    assert line["payee"] == {"type": "practice", "code": code, "name": f"Surgery {code}"}
    page = await office.manager.get(f"/v1/payment-lines/{line['reference']}", headers={"Accept": "text/html"})
    assert f"Surgery {code}" in page.text


def fixed_at(amount: str) -> dict[str, Any]:
    return {"type": "fixed", "id": "grant", "amount": amount}


async def test_organisation_that_no_register_has_is_called_as_its_supplier_is(shared: LivePlenary) -> None:
    provider = {"type": "organisation", "code": f"X{new_id().hex[-5:].upper()}"}
    pay = [fixed_at("10.00") | {"payee": provider}, fixed_at("0.00") | {"id": "none", "payee": provider}]
    office = await Office.open(shared, lists=("5000",), definition={"language": 1, "pay": {"type": "sum", "of": pay}})
    await office.name_supplier(provider["code"], kind="organisation", name="=Night Doctors CIC")
    run_id = await office.pay()
    statement = await office.statement(run_id, office.practices[0])
    assert {each["payee"]["name"] for each in (*statement["payments"], *statement["lines"])} == {"=Night Doctors CIC"}
    paid, _ = csv.DictReader(io.StringIO((await office.file(run_id)).text))
    assert (paid["payee_code"], paid["payee_name"]) == (provider["code"], "'=Night Doctors CIC")
    # Another name later is for later runs: this file keeps its bytes.
    before = (await office.file(run_id)).content
    await office.name_supplier(provider["code"], kind="organisation", name="Night Doctors Ltd")
    assert (await office.file(run_id)).content == before


async def test_statements_are_hidden_while_the_run_is_worked_out(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = (await office.request()).json()["result"]["payment_run"]
    listed = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()
    assert listed["data"] == []
    await shared.work()
    listed = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements", params={"count": "exact"})).json()
    assert [each["practice"] for each in listed["data"]] == office.practices
    assert listed["total"] == 2


async def test_second_run_of_a_scheme_waits_for_the_first(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    refused = await office.request(SECOND_QUARTER)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.run_open")
    assert refused.json()["detail"] == (
        f"The run {run_id} from 2026-04-01 until 2026-07-01 is calculated: approve and release it, or reject it."
    )
    assert (await office.decide(run_id, "approve")).status_code == 200
    refused = await office.request(SECOND_QUARTER)
    assert refused.json()["detail"].endswith("is approved: release it, or reject it.")
    assert (await office.decide(run_id, "reject", reason="Lists are late.")).status_code == 200
    assert (await office.request(SECOND_QUARTER)).status_code == 202
    await shared.work()


async def test_period_that_overlaps_an_earlier_runs_is_refused(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await office.pay()
    refused = await office.request(Period(date(2026, 6, 1), date(2026, 8, 1)))
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.overlapping_period")
    assert (await office.request(SECOND_QUARTER)).status_code == 202
    await shared.work()


async def test_rejected_run_does_not_bind_the_periods_of_later_ones(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await office.decide(await office.calculate(), "reject", reason="Wrong period.")
    assert (await office.request(Period(date(2026, 4, 1), date(2026, 5, 1)))).status_code == 202
    await shared.work()


async def test_period_that_no_version_covers_is_refused(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    refused = await office.request(Period(date(2027, 4, 1), date(2027, 7, 1)))
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.no_version")


async def test_broken_month_is_refused_before_any_work(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    refused = await office.request(Period(date(2026, 7, 1), date(2026, 9, 30)))
    assert (refused.status_code, refused.json()["code"]) == (422, "payments.period_not_payable")
    (error,) = refused.json()["errors"]
    assert error["code"] == "calculation.broken_month"
    assert "a period that ends with 30 September is written until 1 October" in error["detail"]


async def test_same_run_again_has_the_same_digests(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    first = await office.run(await office.calculate())
    await office.decide(first["id"], "reject", reason="Once more.")
    second = await office.run(await office.calculate())
    assert first["id"] != second["id"]
    assert first["inputs_digest"] == second["inputs_digest"]
    assert first["outputs_digest"] == second["outputs_digest"]


async def test_what_a_period_cannot_see_leaves_its_inputs_as_they_were(shared: LivePlenary) -> None:
    gated = {**schemes.LEAD["pay"], "then": schemes.PER_HEAD["pay"]}
    office = await Office.open(shared, definition={**schemes.PER_HEAD, "pay": gated}, lists=("5000",))
    person = await shared.make_person("Lead", tenant=office.tenant)
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    body = {"role": "named_lead", "practice": office.practices[0], "person_id": str(person), "from": "2026-04-01"}
    post = f"/v1/posts/{(await admin.post('/v1/posts', json=body)).json()['id']}"
    first = await office.run(await office.calculate())
    await office.decide(first["id"], "reject", reason="Once more.")
    await make_list_size(shared, office.practices[0], as_at=date(2026, 7, 1), registered="9000")
    moved = await admin.patch(post, json={"until": "2026-10-01"}, headers={"If-Match": "*"})
    assert moved.status_code == 200
    second = await office.run(await office.calculate())
    assert (second["total"], second["inputs_digest"]) == ("2500.00", first["inputs_digest"])


async def test_missing_list_blocks_a_line_and_an_unconfirmed_fact_is_listed(shared: LivePlenary) -> None:
    definition = {
        **schemes.SESSIONS,
        "measures": {**schemes.PER_HEAD["measures"], **schemes.SESSIONS["measures"]},
        "pay": {"type": "sum", "of": [schemes.PER_HEAD["pay"], schemes.SESSIONS["pay"]]},
    }
    office = await Office.open(shared, definition=definition, lists=(None,))
    await office.record(schemes.a_fact(office.practices[0], "f1", date(2026, 4, 8)), confirmed=False)
    run_id = await office.calculate()
    statement = await office.statement(run_id, office.practices[0])
    assert [(line["amount"], line["blocked"]) for line in statement["lines"]] == [("0.00", True), ("0.00", False)]
    assert (statement["total"], statement["payments"]) == ("0.00", [])
    assert "8 April 2026" in statement["notes"][0]


async def test_practice_sees_its_own_released_statements_only(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    first, second = office.practices
    manager = await shared.as_role("practice_manager", tenant=office.tenant, practice=first)
    run_id = await office.calculate()
    assert (await manager.get(f"/v1/practices/{first}/statements")).json()["data"] == []
    await office.release(run_id)
    listed = (await manager.get(f"/v1/practices/{first}/statements")).json()["data"]
    assert [(each["practice"], each["total"]) for each in listed] == [
        (first, (await office.statement(run_id, first))["total"])
    ]
    assert (await manager.get(f"/v1/practices/{second}/statements")).status_code == 403
    for role in ("commissioner_admin", "scheme_manager", "claims_vetter", "payments_approver", "auditor"):
        reader = await shared.as_role(role, tenant=office.tenant)
        assert (await reader.get(f"/v1/practices/{first}/statements")).json()["data"] == listed, role
    intranet = await shared.as_role("intranet", tenant=office.tenant)
    assert (await intranet.get(f"/v1/practices/{first}/statements")).status_code == 403
    assert (await manager.get("/v1/practices/ZNONE1/statements")).status_code == 404


async def test_runs_are_listed_newest_first_by_scheme_and_state(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    first = await office.pay()
    second = await office.calculate(SECOND_QUARTER)
    listed = (await office.manager.get("/v1/payment-runs", params={"scheme": str(office.scheme)})).json()["data"]
    assert [each["id"] for each in listed] == [second, first]
    released = (await office.manager.get("/v1/payment-runs", params={"state": "released"})).json()["data"]
    assert [each["id"] for each in released] == [first]


async def test_another_tenants_run_is_not_there(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    other = await shared.as_role("payments_approver", tenant=await shared.fresh_tenant())
    for path in ("", "/statements", f"/statements/{office.practices[0]}", "/file", "/acknowledgements"):
        assert (await other.get(f"/v1/payment-runs/{run_id}{path}")).status_code == 404, path
    assert (await office.decide(run_id, "approve", by=other)).status_code == 404


async def test_one_event_for_each_step_of_a_run(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    tenant = shared.tenants[office.tenant]
    rows = await shared.fetch("SELECT name FROM event WHERE subject = $1 ORDER BY change_number", run_id, tenant=tenant)
    assert [row["name"] for row in rows] == [
        "payments.run_requested",
        "payments.run_calculated",
        "payments.run_approved",
        "payments.run_released",
    ]


async def test_totals_of_more_than_twenty_million_pounds_are_kept(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("90000000",))
    run_id = await office.pay()
    assert (await office.run(run_id))["total"] == "45000000.00"
    assert (await office.statement(run_id, office.practices[0]))["payments"][0]["payable"] == "45000000.00"
