"""The calculator over HTTP."""

import jsonschema_rs

from app.schemes.schemas.calculator import CalculatorAnswer
from tests.factories.schemes import LEAD, PER_HEAD, SESSIONS
from tests.factories.schemes_over_http import a_tenant
from tests.factories.service import LivePlenary


async def test_the_calculator_says_each_line_and_keeps_nothing(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("practice_member", tenant=tenant, practice="Y99999")
    body = {
        "definition": LEAD,
        "practices": [
            {"code": "A1", "posts": [{"post": "named_lead", "from": "2026-01-01"}]},
            {"code": "A2"},
        ],
        "facts": [
            {"practice": "A1", "measure": "lead_session", "on": f"2026-05-0{day}", "value": "1"} for day in (1, 2, 3)
        ],
        "period": {"from": "2026-04-01", "until": "2026-07-01"},
    }
    answer = (await client.post("/v1/calculator", json=body)).json()
    assert (answer["total"], [each["total"] for each in answer["practices"]]) == ("600.00", ["600.00", "0.00"])
    line = answer["practices"][0]["lines"][0]
    assert (line["component"], line["quantity"], line["rate"], line["amount"]) == ("lead-time", "2", "300.00", "600.00")
    assert line["sentence"] == "300.00 a session x 2 sessions (3 sessions in May, 2 paid) = 600.00."
    assert answer["practices"][1]["lines"][0]["sentence"].startswith("Not paid, because the practice had no named lead")


async def test_the_calculator_says_which_facts_the_definition_does_not_read(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("scheme_manager", tenant=tenant)
    fact = {"practice": "A1", "on": "2026-05-06", "value": "1"}
    body = {
        "definition": SESSIONS,
        "practices": [{"code": "A1"}],
        "facts": [{**fact, "measure": "sessions"}, {**fact, "measure": "lead_session"}],
        "period": {"from": "2026-04-01", "until": "2026-07-01"},
    }
    answer = (await client.post("/v1/calculator", json=body)).json()
    assert (answer["total"], answer["notes"]) == (
        "300.00",
        ['1 fact is named sessions, which the definition does not read; its "fact" names: lead_session.'],
    )


async def test_adjusted_patients_are_given_as_other_lists_are(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("scheme_manager", tenant=tenant)
    body = {
        "definition": {**PER_HEAD, "measures": {"list": {**PER_HEAD["measures"]["list"], "basis": "adjusted"}}},
        "practices": [
            {"code": "A1", "adjusted": "8000"},
            {"code": "A2", "lists": [{"as_at": "2014-06-01", "adjusted": "4000.5"}]},
        ],
        "period": {"from": "2014-07-01", "until": "2014-10-01"},
    }
    answer = (await client.post("/v1/calculator", json=body)).json()
    assert [each["total"] for each in answer["practices"]] == ["4000.00", "2000.25"]
    refused = await client.post("/v1/calculator", json={**body, "practices": [{"code": "A1", "adjusted": "-1"}]})
    assert refused.status_code == 422


async def test_a_size_without_a_date_counts_on_the_day_the_definition_asks_for(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("scheme_manager", tenant=tenant)
    body = {
        "definition": {**PER_HEAD, "measures": {"list": {**PER_HEAD["measures"]["list"], "snapshot": "year_start"}}},
        "practices": [{"code": "A1", "registered": "8412"}],
        "period": {"from": "2014-07-01", "until": "2014-10-01"},
    }
    answer = (await client.post("/v1/calculator", json=body)).json()
    assert answer["practices"][0]["lines"][0]["sentence"] == (
        "2.00 a year per registered patient x 8,412 patients on 1 April 2014 = 16,824.00; a quarter of it is 4,206.00."
    )
    broken = await client.post("/v1/calculator", json={**body, "period": {"from": "2014-07-01", "until": "2014-09-20"}})
    assert (broken.status_code, broken.json()["code"]) == (422, "calculation.broken_month")


async def test_two_lists_of_one_day_are_refused_and_not_chosen_from(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("scheme_manager", tenant=tenant)
    lists = [{"as_at": "2026-04-01", "registered": size} for size in ("5000", "6000")]
    body = {
        "definition": PER_HEAD,
        "practices": [{"code": "A1", "lists": lists}],
        "period": {"from": "2026-04-01", "until": "2026-07-01"},
    }
    refused = await client.post("/v1/calculator", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/practices/0")
    lists[1] = {"as_at": "2026-04-01", "weighted": "6000"}
    assert (await client.post("/v1/calculator", json=body)).json()["total"] == "2500.00"


async def test_the_answer_is_what_the_contract_publishes(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("scheme_manager", tenant=tenant)
    period = {"from": "2026-04-01", "until": "2026-07-01"}
    body = {"definition": PER_HEAD, "practices": [{"code": "A1", "registered": "100"}], "period": period}
    answer = (await client.post("/v1/calculator", json=body)).json()
    schema = CalculatorAnswer.model_json_schema(mode="serialization", by_alias=True)
    jsonschema_rs.Draft202012Validator(schema).validate(answer)
    assert answer["period"] == answer["practices"][0]["lines"][0]["period"] == period


async def test_gates_inside_gates_do_not_make_an_enormous_answer(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("scheme_manager", tenant=tenant)
    pay: dict = {"type": "sum", "of": [{"type": "fixed", "id": f"f{n}", "amount": "1.00"} for n in range(100)]}
    for _ in range(15):
        pay = {"type": "gate", "needs": [{"post": "named_lead"}] * 20, "then": pay}
    body = {
        "definition": {"language": 1, "pay": pay},
        "practices": [{"code": f"A{n}"} for n in range(4)],
        "period": {"from": "2026-04-01", "until": "2026-07-01"},
    }
    refused = await client.post("/v1/calculator", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.calculation_too_large")
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/practices"]
    assert "31,700 steps for each practice" in refused.json()["errors"][0]["detail"]
    fewer = await client.post("/v1/calculator", json={**body, "practices": body["practices"][:3]})
    assert fewer.status_code == 200
    assert len(fewer.content) < 12_000_000
