"""Names, roles and staleness, without a database."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.people import rules
from app.people.values import AT_PRACTICES, LEVELS, TITLES, PostRole

IMPORTS = (Path(__file__).parents[2] / "docs" / "imports.md").read_text()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dr Anne O'Brien-Shah", "O\u2019BRIEN SHAH, Anne"),
        ("Mrs.  Zoë Müller", "zoe muller"),
        ("Prof. J. R. Hartley", "J R HARTLEY"),
        ("Dr", "dr"),
    ],
)
def test_two_writings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert rules.name_key(one) == rules.name_key(other)


def test_different_names_have_different_keys() -> None:
    assert rules.name_key("Anne Archer") != rules.name_key("Anna Archer")
    assert rules.name_key("王芳") == "王芳"


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Practice Manager", PostRole.PRACTICE_MANAGER),
        ("PM", PostRole.PRACTICE_MANAGER),
        ("GP Partner", PostRole.GP),
        ("CCG Lead", PostRole.NAMED_LEAD),
        ("named_lead", PostRole.NAMED_LEAD),
        ("Locum GP", PostRole.SESSIONAL_GP),
        ("astronaut", None),
        ("", None),
    ],
)
def test_a_role_is_read_as_people_write_it(text: str, role: PostRole | None) -> None:
    assert rules.read_role(text) is role


def test_a_post_is_stale_on_the_180th_day_after_it_was_confirmed_and_not_before() -> None:
    confirmed = date(2026, 1, 1)
    days = [date(2026, 6, 29), date(2026, 6, 30)]
    assert [rules.stale_reason(confirmed_on=confirmed, bounced_at=None, today=day) for day in days] == [
        None,
        "not_confirmed",
    ]
    bounce = datetime(2026, 1, 2, tzinfo=UTC)
    assert rules.stale_reason(confirmed_on=confirmed, bounced_at=bounce, today=confirmed) == "bounced"


def test_every_role_has_a_level_and_a_title() -> None:
    assert set(LEVELS) == set(TITLES) == set(PostRole)
    assert all(LEVELS.values())


def test_the_page_on_imports_names_every_role_of_a_people_file() -> None:
    assert f"`{', '.join(AT_PRACTICES)}`" in IMPORTS


@pytest.mark.parametrize("written", ["Practice Manager", "PM", "Lead GP", "Salaried GP", "Locum", "Receptionist"])
def test_what_the_page_says_people_write_is_read(written: str) -> None:
    assert f"`{written}`" in IMPORTS
    assert rules.read_role(written) in AT_PRACTICES
