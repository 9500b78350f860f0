"""Roles, boundaries and origins, without a database."""

from pathlib import Path

import pytest

from app.access.rules import is_origin, needs_platform, roles_page
from app.access.values import MONEY_ROLES, PRACTICE_ROLES, PURPOSES, ROLE_BOUNDARIES, ROLE_SCOPES, Role

PAGE = Path(__file__).parents[2] / "docs" / "roles.md"


@pytest.mark.parametrize("origin", ["https://a.example", "https://a.example:8443", "http://localhost:5173"])
def test_what_a_browser_sends_is_an_origin(origin: str) -> None:
    assert is_origin(origin)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/",
        "https://a.example:443",
        "http://a.example",
        "https://*",
        "null",
        "",
        "https://A.example",
        "https://a.example\n",
        "http://localhost:80",
        "https://user@a.example",
        "https://-a.example",
    ],
)
def test_what_no_browser_sends_is_none(text: str) -> None:
    assert not is_origin(text)


def test_every_role_has_a_place_a_purpose_and_at_least_itself() -> None:
    assert set(ROLE_BOUNDARIES) == set(PURPOSES) == set(ROLE_SCOPES) == set(Role)
    assert all("self:read" in scopes for scopes in ROLE_SCOPES.values())


def test_the_platform_gives_the_money_roles_and_its_own() -> None:
    assert {role for role in Role if needs_platform(role)} == MONEY_ROLES | {Role.PLATFORM_ADMIN}


def test_practice_roles_are_held_in_one_practice_only() -> None:
    assert {ROLE_BOUNDARIES[role] for role in PRACTICE_ROLES} == {("practice",)}


def test_the_page_of_roles_is_up_to_date() -> None:
    assert roles_page() in PAGE.read_text(), "docs/roles.md is out of date: put the output of roles_page() in it"
