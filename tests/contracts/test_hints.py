"""What a problem's page says to do can be done: the routes it names exist, and what clashes says how it is solved."""

import json
import re
from pathlib import Path

import app.main  # noqa: F401 - every slice's errors
from app.core.errors import Conflict, DomainError, _descendants
from app.core.problems import problem_kind

PUBLISHED = json.loads((Path(__file__).parents[2] / "openapi" / "plenary.json").read_text())["paths"]


def of_the_app() -> set[type[DomainError]]:
    return {error for error in _descendants(DomainError) if error.__module__.startswith("app.")}


def test_every_clash_with_what_is_there_has_words_of_its_own() -> None:
    assert [error.code for error in of_the_app() if error.status == 409 and error.hint is None] == [Conflict.code]
    assert "payments.same_person" in {error.code for error in of_the_app()}
    assert problem_kind("payments.same_person").what_to_do.startswith("Let another person do it")


def test_routes_that_are_named_exist() -> None:
    known = {(verb.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, item in PUBLISHED.items() for verb in item}
    named = {
        (verb, re.sub(r"\{\w+\}", "{}", path))
        for error in of_the_app()
        for verb, path in re.findall(r"(GET|POST|PUT|PATCH|DELETE) `?(/v1/[^`? ]+)", error.hint or "")
    }
    assert len(named) > 10
    assert named - known == set()
