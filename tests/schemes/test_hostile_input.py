"""What is malformed, enormous or meant to harm gets a clear problem, leaves nothing behind, and is never a 500."""

import json
from typing import Any

import httpx
import pytest

from tests.factories.schemes import PER_HEAD, SESSIONS
from tests.factories.schemes_over_http import SCHEME, SIGNATORY, YEAR, a_fact, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary


def nested(depth: int) -> dict[str, Any]:
    pay: dict[str, Any] = PER_HEAD["pay"]
    for _ in range(depth):
        pay = {"type": "sum", "of": [pay]}
    return {**PER_HEAD, "pay": pay}


AMOUNTS = {
    "language": 1,
    "measures": {"corrections": {"kind": "amount", "fact": "lead_session"}},
    "pay": {"type": "fixed", "id": "corrections", "measure": "corrections"},
}


async def an_office(shared: LivePlenary, definition: dict[str, Any] = SESSIONS) -> tuple[httpx.AsyncClient, str, str]:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, definition)
    await sign_up(manager, path, practice)
    return manager, path, practice


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"financial_year": "2026"}, "/financial_year"),
        ({"budget": {"amount": 5}}, "/budget/amount"),
        ({"budget": {"amount": "5.00", "per_head": "2.00", "basis": "registered"}}, "/budget"),
        ({"budget": {"per_head": "2.00"}}, "/budget"),
        ({"budget": {"amount": "-5.00"}}, "/budget"),
        ({"payment_terms_days": True}, "/payment_terms_days"),
        ({"title": ""}, "/title"),
        ({"purpose": "About patient 943 476 5919."}, "/purpose"),
    ],
)
async def test_a_scheme_that_makes_no_sense_is_refused_at_its_member(
    shared: LivePlenary, changes: dict[str, Any], pointer: str
) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    answer = await manager.post("/v1/incentive-schemes", json=SCHEME | changes)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    assert (await manager.get("/v1/incentive-schemes")).json()["data"] == []


@pytest.mark.parametrize(
    "definition", [{}, {"language": 2}, {"language": True, "pay": {}}, nested(30), {"pay": "\x00"}]
)
async def test_a_definition_out_of_bounds_is_refused(shared: LivePlenary, definition: dict[str, Any]) -> None:
    manager, path, _ = await an_office(shared)
    answer = await manager.post(f"{path}/versions", json={"applies": YEAR, "definition": definition, "reason": "x"})
    assert answer.status_code == 422, answer.text
    assert len((await manager.get(f"{path}/versions")).json()["data"]) == 1


@pytest.mark.parametrize("tail", ["versions/0", "versions/99999999999", "versions/one", "facts/none", "offers/none"])
async def test_what_cannot_exist_is_not_there(shared: LivePlenary, tail: str) -> None:
    manager, path, _ = await an_office(shared)
    assert (await manager.get(f"{path}/{tail}")).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"value": "1e3"},
        {"value": 0.5},
        {"value": None},
        {"value": True},
        {"value": "1000000000.000001"},
        {"value": None, "numerator": "999999999999", "denominator": "0.000001"},
        {"value": "1", "numerator": "1", "denominator": "2"},
        {"value": None, "numerator": "1", "denominator": "0"},
        {"value": None, "numerator": "1"},
        {"on": "2026-02-30"},
        {"on": 20260506},
        {"measure": "lead session"},
        {"external_id": ""},
        {"subject": "x" * 65},
        {"subject": "9434765919"},
        {"note": "NHS 943-476-5919"},
        {"external_id": "a\x00b"},
        {"practice": "\ud800"},
    ],
)
async def test_a_fact_that_makes_no_sense_is_refused(shared: LivePlenary, changes: dict[str, Any]) -> None:
    manager, path, practice = await an_office(shared)
    # Written by the standard library, which escapes half of a surrogate pair instead of failing on it.
    body = json.dumps({"facts": [a_fact(practice, "a") | changes]})
    answer = await manager.post(f"{path}/facts", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert (await manager.get(f"{path}/facts")).json()["data"] == []


async def test_the_largest_and_the_smallest_value_come_back_as_they_were(shared: LivePlenary) -> None:
    manager, path, practice = await an_office(shared, AMOUNTS)
    values = ["999999999.999999", "-1000000000", "0.000001"]
    facts = [a_fact(practice, f"f{place}", value=value) for place, value in enumerate(values)]
    assert (await manager.post(f"{path}/facts", json={"facts": facts})).status_code == 201
    assert [each["value"] for each in (await manager.get(f"{path}/facts")).json()["data"]] == values


async def test_a_sign_up_twice_in_one_request_is_refused(shared: LivePlenary) -> None:
    manager, path, practice = await an_office(shared)
    row = {"practice": practice, "signed_on": "2026-04-03", "signatory": SIGNATORY}
    answer = await manager.post(f"{path}/sign-ups", json={"sign_ups": [row, row]})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "schemes.practice_repeated")


async def test_a_body_of_twenty_megabytes_is_413(shared: LivePlenary) -> None:
    manager, path, _ = await an_office(shared)
    answer = await manager.post(
        f"{path}/facts", content=b" " * 20_000_000, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


async def test_a_code_is_taken_once_in_a_financial_year(shared: LivePlenary) -> None:
    manager, _, _ = await an_office(shared)
    taken = await manager.post("/v1/incentive-schemes", json=SCHEME)
    assert (taken.status_code, taken.json()["code"]) == (409, "schemes.code_taken")
    assert (await manager.post("/v1/incentive-schemes", json=SCHEME | {"financial_year": "2027/28"})).status_code == 201


async def test_the_calculator_refuses_a_fact_of_nobody_and_a_practice_named_twice(shared: LivePlenary) -> None:
    manager, _, _ = await an_office(shared)
    body = {"definition": PER_HEAD, "practices": [{"code": "A1", "registered": "1"}], "period": YEAR}
    stray = {"practice": "A2", "measure": "lead_session", "on": "2026-05-01", "value": "1"}
    nobody = await manager.post("/v1/calculator", json=body | {"facts": [stray]})
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (422, "/facts/0/practice")
    twice = await manager.post("/v1/calculator", json=body | {"practices": body["practices"] * 2})
    assert (twice.status_code, twice.json()["code"]) == (422, "calculation.practice_repeated")
    negative = await manager.post("/v1/calculator", json=body | {"practices": [{"code": "A1", "registered": "-1"}]})
    assert negative.status_code == 422


@pytest.mark.parametrize(("practices", "facts", "pointer"), [(201, 0, "/practices"), (1, 1_001, "/facts")])
async def test_the_calculator_refuses_more_than_it_works_out_at_once(
    shared: LivePlenary, practices: int, facts: int, pointer: str
) -> None:
    manager, _, _ = await an_office(shared)
    nodes = [{**PER_HEAD["pay"], "id": f"n{no}"} for no in range(100)]
    fact = {"practice": "A0", "measure": "lead_session", "on": "2026-05-01", "value": "1"}
    body = {
        "definition": {**PER_HEAD, "pay": {"type": "sum", "of": nodes}},
        "practices": [{"code": f"A{no}", "registered": "1"} for no in range(practices)],
        "facts": [fact] * facts,
        "period": YEAR,
    }
    refused = await manager.post("/v1/calculator", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.calculation_too_large")
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "pay",
    [
        {**PER_HEAD["pay"], "rate": "1000000.01"},
        {"type": "fixed", "id": "f", "amount": "1000000000.01"},
    ],
)
async def test_a_rate_or_an_amount_larger_than_any_scheme_pays_is_refused(shared: LivePlenary, pay: dict) -> None:
    manager, _, _ = await an_office(shared)
    body = {"definition": {**PER_HEAD, "pay": pay}, "practices": [{"code": "A1", "registered": "1"}], "period": YEAR}
    refused = await manager.post("/v1/calculator", json=body)
    assert (refused.status_code, [each["code"] for each in refused.json()["errors"]]) == (
        422,
        ["calculation.too_large"],
    )


async def test_a_scheme_of_a_year_that_is_not_reckoned_with_is_refused(shared: LivePlenary) -> None:
    manager, _, _ = await an_office(shared)
    refused = await manager.post("/v1/incentive-schemes", json=SCHEME | {"financial_year": "9999/00"})
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/financial_year", "wrong_format")]


async def test_the_calculator_refuses_a_fact_that_is_named_twice(shared: LivePlenary) -> None:
    manager, _, _ = await an_office(shared)
    fact = {"practice": "A1", "measure": "lead_session", "on": "2026-05-01", "value": "1", "external_id": "r-1"}
    body = {"definition": PER_HEAD, "practices": [{"code": "A1", "registered": "1"}], "period": YEAR}
    twice = await manager.post("/v1/calculator", json=body | {"facts": [fact, fact | {"value": "2"}]})
    assert [(each["pointer"], each["code"]) for each in twice.json()["errors"]] == [
        ("/facts/1/external_id", "schemes.external_id_repeated")
    ]


async def test_a_patients_number_is_refused_wherever_a_code_is_made_up(shared: LivePlenary) -> None:
    manager, path, practice = await an_office(shared)
    number = "0943-476-5919"
    refused = await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, number)]})
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/facts/0/external_id", "nhs_number")]
    refused = await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "f") | {"note": "943/476/5919"}]})
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/facts/0/note", "nhs_number")]
    for member in ("code", "pay_code", "cost_centre"):
        refused = await manager.post("/v1/incentive-schemes", json=SCHEME | {member: number})
        assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(f"/{member}", "nhs_number")]
    pay = {**PER_HEAD["pay"], "id": "n9434765919"}
    body = {"definition": {**PER_HEAD, "pay": pay}, "practices": [{"code": "A1", "registered": "1"}], "period": YEAR}
    refused = await manager.post("/v1/calculator", json=body)
    assert [e["code"] for e in refused.json()["errors"]] == ["calculation.nhs_number"]
