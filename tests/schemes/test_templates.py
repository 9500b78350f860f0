"""Templates: complete schemes to start from, by filling in a form."""

from typing import Any

import jsonschema_rs
import pytest

from app.calculation.service import parse_definition
from app.schemes.rules.templating import filled
from app.schemes.schemas.templates import FORMS
from app.schemes.service import get_template, list_templates
from tests.factories.schemes import PER_HEAD
from tests.factories.schemes_over_http import SCHEME, YEAR, a_tenant
from tests.factories.service import LivePlenary

KEYS = list(FORMS)


@pytest.mark.parametrize("key", KEYS)
def test_a_form_that_is_left_as_it_is_gives_the_example(key: str) -> None:
    example = get_template(key).definition
    assert filled(example, FORMS[key]().values()) == example


@pytest.mark.parametrize("key", KEYS)
def test_every_member_of_a_form_is_said_in_words_and_has_a_default_that_it_takes(key: str) -> None:
    form = FORMS[key].model_json_schema()
    jsonschema_rs.Draft202012Validator(form).validate(
        {name: member["default"] for name, member in form["properties"].items()}
    )
    assert form["additionalProperties"] is False
    for name, member in form["properties"].items():
        assert member["title"], name
        assert member["description"].endswith("."), name


@pytest.mark.parametrize("key", KEYS)
def test_every_member_of_a_form_changes_the_definition(key: str) -> None:
    other = {"string": "7", "integer": 3}
    for name, member in FORMS[key].model_json_schema()["properties"].items():
        choices = [choice for choice in member.get("enum", ()) if choice != member["default"]]
        value = choices[0] if choices else _another(member, other[member["type"]])
        given = filled(get_template(key).definition, FORMS[key].model_validate({name: value}).values())
        assert given != get_template(key).definition, name
        parse_definition(given)


def _another(member: dict[str, Any], value: Any) -> Any:
    fitting = {"2027-03-31": "2027-02-28", "OOH1": "OOH2", "0.80": "0.5", "50": "55", "90": "95", "96": "97"}
    return fitting.get(member["default"], value)


def test_the_forms_are_those_of_the_templates() -> None:
    assert [each.key for each in list_templates()] == KEYS


async def test_a_version_is_made_from_a_template_and_its_form_can_be_opened_again(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    listed = (await manager.get("/v1/scheme-templates")).json()
    assert ([each["key"] for each in listed["data"]], listed["next_cursor"]) == (KEYS, None)
    template = (await manager.get("/v1/scheme-templates/named-lead")).json()
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    body = {"applies": YEAR, "template": "named-lead", "parameters": {"session_rate": "320.00"}, "reason": "Lead."}
    made = await manager.post(f"{path}/versions", json=body)
    assert made.status_code == 201, made.text
    defaults = {name: member["default"] for name, member in template["parameters"]["properties"].items()}
    assert made.json()["template"] == "named-lead"
    assert made.json()["parameters"] == {**defaults, "session_rate": "320.00"}
    paid = made.json()["definition"]["pay"]["then"]["then"]["of"][0]
    assert (paid["id"], paid["rate"]) == ("lead-time", "320.00")
    assert (await manager.post(f"{path}/versions/1/check")).json()["valid"] is True
    by_hand = {"applies": YEAR, "definition": PER_HEAD, "reason": "By hand."}
    replaced = await manager.put(f"{path}/versions/1", json=by_hand, headers={"If-Match": made.headers["ETag"]})
    assert (replaced.json()["template"], replaced.json()["parameters"]) == (None, None)
    again = await manager.put(f"{path}/versions/1", json=body, headers={"If-Match": "*"})
    assert again.json()["parameters"] == made.json()["parameters"]
    assert (await manager.get("/v1/scheme-templates/lottery")).status_code == 404


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"template": "named-lead", "parameters": {"session_rate": 320}}, "/parameters/session_rate"),
        ({"template": "named-lead", "parameters": {"session_rate": "-1.00"}}, "/parameters/session_rate"),
        ({"template": "named-lead", "parameters": {"sessions_a_month": 0}}, "/parameters/sessions_a_month"),
        ({"template": "named-lead", "parameters": {"areas_due": "2027-02-30"}}, "/parameters/areas_due"),
        ({"template": "named-lead", "parameters": {"colour": "blue"}}, "/parameters/colour"),
        ({"template": "points", "parameters": {"cholesterol_lower": "60"}}, "/parameters/cholesterol_upper"),
        ({"template": "lottery"}, "/template"),
        ({"template": "points", "definition": PER_HEAD}, ""),
        ({"definition": PER_HEAD, "parameters": {}}, ""),
        ({}, ""),
    ],
)
async def test_what_does_not_fit_a_form_is_pointed_at(shared: LivePlenary, said: dict[str, Any], pointer: str) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    answer = await manager.post(f"{path}/versions", json={"applies": YEAR, "reason": "Wrong.", **said})
    assert answer.status_code == 422, answer.text
    assert {each["pointer"] for each in answer.json()["errors"]} == {pointer}
