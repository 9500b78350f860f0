"""The page that explains the language names every kind, and its example is a definition."""

import json
import re
from pathlib import Path

from app.calculation.nodes.catalogue import CATALOGUE
from app.calculation.service import parse_definition
from app.people.values import AT_PRACTICES
from app.schemes.service import version_problems
from tests.factories.calculation import YEAR

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "definitions.md").read_text()


def test_the_example_on_the_page_is_sound():
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert examples
    for example in examples:
        assert version_problems(parse_definition(json.loads(example)), applies=YEAR) == []


def test_the_page_names_every_post_that_a_gate_can_ask_for():
    assert [post for post in AT_PRACTICES if f"`{post}`" not in PAGE] == []


def test_the_page_has_a_row_for_every_kind():
    kinds = [*CATALOGUE.nodes, *CATALOGUE.measures, *CATALOGUE.needs]
    assert kinds
    assert [kind for kind in kinds if f"\n| `{kind}` |" not in PAGE] == []
