"""The committed contract is the one that is served, and reads well."""

from pathlib import Path

from app.core.contract import document_bytes
from app.main import create_app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = create_app().openapi()


def operations() -> list[tuple[str, str, dict]]:
    return [(path, method, found) for path, members in DOCUMENT["paths"].items() for method, found in members.items()]


def test_the_committed_contract_is_the_one_that_is_served() -> None:
    committed = (ROOT / "openapi" / "plenary.json").read_bytes()
    assert committed == document_bytes(DOCUMENT), "run `make openapi` and look at the difference"


def test_every_operation_is_described_and_named_once() -> None:
    names = [found["operationId"] for _, _, found in operations()]
    assert len(names) == len(set(names))
    assert [f"{m} {p}" for p, m, found in operations() if not found.get("description")] == []


def test_every_list_tells_what_becomes_of_a_cursor() -> None:
    lists = [
        (f"{method} {path}", found["responses"])
        for path, method, found in operations()
        if "cursor" in {parameter["name"] for parameter in found.get("parameters", ())}
    ]
    assert lists
    for status, code in (("410", "cursor.expired"), ("422", "cursor.invalid"), ("422", "request.invalid")):
        assert [
            name
            for name, responses in lists
            if code not in responses[status]["content"]["application/problem+json"]["examples"]
        ] == []


def test_no_schema_has_a_name_made_by_a_machine() -> None:
    assert [name for name in DOCUMENT["components"]["schemas"] if "__" in name or "-" in name] == []


def test_no_answer_is_an_untyped_number_for_money() -> None:
    money = {"total", "amount", "payable", "carried_forward", "brought_forward"}
    found = [
        f"{name}.{member}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for member, shape in schema.get("properties", {}).items()
        if member in money and shape.get("type") == "number"
    ]
    assert found == []


def test_docs_are_served_without_any_outside_address() -> None:
    source = (ROOT / "app" / "core" / "docs.py").read_text()
    assert "http://" not in source
    assert "https://" not in source


def test_the_intranet_page_stays_under_sixty_lines() -> None:
    assert len((ROOT / "openapi" / "intranet.html").read_text().splitlines()) < 60
