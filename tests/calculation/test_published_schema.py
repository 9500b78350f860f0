"""The language as JSON Schema says the same as the reader does, member by member."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from app.calculation.errors import DefinitionInvalid
from app.calculation.service import definition_schema, parse_definition
from tests.factories.calculation import (
    advance,
    fixed,
    gate,
    instalments,
    linear,
    milestone,
    per_event,
    per_head,
    per_session,
    pooled,
    pro_rata,
    raw_definition,
    reimbursed,
    tiered,
    times,
    total,
)

SOUND = [
    raw_definition(per_head()),
    raw_definition(gate(per_session(), held="every_day"), claims="required"),
    raw_definition(pro_rata(total(per_head(rate_per="period"), fixed(rate_per="year"))), round={"at": "final"}),
    raw_definition(fixed(payee={"type": "organisation", "code": "OOH1"}), round={"at": "factor", "dp": 4}),
    raw_definition({"type": "fixed", "id": "a", "measure": "costs"}),
    {"language": 1, "pay": fixed()},
    raw_definition(fixed(booking={"pay_code": "LIS 01/a", "vat_code": "E", "pensionable": False})),
    {
        "language": 1,
        "measures": {"held": {"kind": "post_held", "post": "named_lead", "unit": "share"}},
        "pay": times(fixed(), {"measure": "held"}),
    },
    raw_definition({"type": "gate", "needs": [{"fact": "plan", "within": "year"}], "then": fixed()}),
    raw_definition(times(linear(), {"measure": "list", "over": "10184"}), round={"at": "points", "dp": 3}),
    raw_definition(tiered(("6", "8", "0.40"), ("8", None, "0.50"), each="list")),
    raw_definition(per_event(None, rates=[{"since": "2014-04-01", "rate": "1.00"}], at_most="register")),
    raw_definition(total(milestone(), reimbursed((1, "1.00")), pooled(needs=[{"fact": "form"}], unearned="return"))),
    raw_definition({"type": "best_of", "of": [advance(fixed()), instalments(fixed(component="x"), 4)]}),
    raw_definition({"type": "cap", "id": "a", "rate": "2.00", "measure": "list", "then": fixed()}),
]
UNSOUND = [
    raw_definition(per_head(rate=2)),
    raw_definition(per_head(rate="-2")),
    raw_definition(per_head(rate="2.1234567")),
    raw_definition(per_head(colour="blue")),
    raw_definition({"type": "jackpot"}),
    raw_definition(total()),
    raw_definition(gate(fixed(), held="mostly")),
    raw_definition(fixed(), claims="maybe"),
    raw_definition(fixed(payee={"type": "organisation"})),
    raw_definition(fixed(booking={"pay_code": "=1+1"})),
    raw_definition(fixed(booking={"pensionable": "yes"})),
    raw_definition(fixed(booking={"account": "1"})),
    raw_definition(fixed()) | {"language": 2},
    raw_definition(fixed()) | {"measures": {"m": {"kind": "count", "fact": "x", "max_per_month": "2"}}},
    raw_definition(fixed()) | {"measures": {"1m": {"kind": "count", "fact": "x"}}},
    {"language": 1},
    raw_definition(per_event(None, rates=[{"since": "April", "rate": "1.00"}])),
    raw_definition(milestone(items=[])),
    raw_definition(reimbursed((0, "1.00"))),
    raw_definition(times(fixed())),
]


@pytest.fixture(scope="module")
def validator():
    schema = definition_schema()
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema)


@pytest.mark.parametrize("raw", SOUND)
def test_what_the_reader_takes_the_schema_takes(raw, validator):
    parse_definition(raw)
    assert validator.is_valid(raw)


@pytest.mark.parametrize("raw", UNSOUND)
def test_what_the_schema_refuses_the_reader_refuses(raw, validator):
    assert not validator.is_valid(raw)
    with pytest.raises(DefinitionInvalid):
        parse_definition(raw)


def test_every_kind_and_every_member_is_described():
    schema = definition_schema()
    objects = [schema, *(each for each in schema["$defs"].values() if "properties" in each)]
    assert {"Gate", "Sum", "ProRata", "PostNeed", "Round", "OrganisationPayee"} <= set(schema["$defs"])
    for each in objects:
        assert each["description"]
        assert each["additionalProperties"] is False
        assert all(member["description"] for member in each["properties"].values())


def test_every_member_has_an_example_that_its_own_schema_takes():
    schema = definition_schema()
    objects = [schema, *(each for each in schema["$defs"].values() if "properties" in each)]
    wrong = [
        (name, example)
        for each in objects
        for name, member in each["properties"].items()
        for example in member["examples"] or [None]
        if not jsonschema_rs.Draft202012Validator({**member, "$defs": schema["$defs"]}).is_valid(example)
    ]
    assert wrong == []


def test_a_name_of_a_measure_says_which_kinds_and_units_it_takes():
    rate = definition_schema()["$defs"]["PerHead"]["properties"]["measure"]
    assert rate["description"] == (
        "The list whose patients are paid for. The key of a measure of kind `list_size`, in patients."
    )


def test_every_reference_of_the_schema_leads_somewhere():
    schema = definition_schema()
    targets = {f"#/$defs/{name}" for name in schema["$defs"]}
    found = set(_references(schema))
    assert found
    assert found <= targets


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            yield from _references(each)
