"""The language in which messages are worded: what it can say, what it refuses, and that it always comes to an end."""

import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communications.rules.kinds import KINDS
from app.communications.rules.kinds.page import kinds_page
from app.communications.rules.plain import plain_text
from app.communications.rules.rendering import render_markdown
from app.communications.rules.templating import MissingFields, example_fields, find_flaws, system_template, write
from app.communications.values import Facts, OwnTemplate, Template

STATEMENT, OFFER, CLAIM = KINDS["statement"], KINDS["offer"], KINDS["claim"]
# Whatever a statement has to say, so that a test can add what it is about.
MUST = "{{ practice.name }} {{ reference }} {{ paid }} {{ how_to_query }} {% for line in lines %}{{ line }}{% endfor %}"


def codes(body: str, subject: str = "S") -> set[str]:
    return {flaw.code for flaw in find_flaws(STATEMENT, Template(subject, body))}


def said(body: str, **fields: Any) -> str:
    facts = Facts(example_fields(STATEMENT.fields) | fields)
    return write(STATEMENT, facts, OwnTemplate(1, Template("S", body))).markdown


def test_the_page_names_every_kind_and_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "wording.md").read_text()
    assert kinds_page() in page, "docs/wording.md is out of date: put the output of kinds_page() in it"


@pytest.mark.parametrize("key", KINDS)
def test_our_own_wording_passes_the_check_that_others_have_to_pass(key: str) -> None:
    assert find_flaws(KINDS[key], system_template(key)) == []


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize("is_least", [False, True])
def test_our_own_wording_says_something_whatever_there_is(key: str, is_least: bool) -> None:
    worded = write(KINDS[key], Facts(example_fields(KINDS[key].fields, is_least=is_least)))
    assert worded.subject
    assert "None" not in worded.markdown
    assert "  " not in plain_text(worded.markdown).replace("\n  ", "\n")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{{ paid }}", "£1,250.00"),
        ("{{ period }}", "1 July 2026 to 30 September 2026"),
        ("{{ period|first_day }}, {{ period|last_day }}", "1 July 2026, 30 September 2026"),
        ("{% if pay_by %}{{ pay_by|weekday }}{% endif %}", "Thursday 24 December 2026"),
        ("{{ 'money' if paid > 0 else 'nothing' }}", "money"),
        ("{% if paid > 0 and not is_set_off %}yes{% endif %}", "yes"),
        (
            "{% for one in payments %}{{ loop.index }} {{ one.payee }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1 Mill Lane Surgery",
        ),
        ("{% raw %}{{ as typed }}{% endraw %}{# a remark #}", "{{ as typed }}"),
    ],
)
def test_what_the_language_says(body: str, words: str) -> None:
    assert codes(f"{MUST}{body}") == set()
    assert said(body) == words


def test_counts_are_written_with_their_noun() -> None:
    own = OwnTemplate(1, Template("S", '{{ payments|plural("payment") }}'))
    late = KINDS["late_run"]
    found = [write(late, Facts(example_fields(late.fields) | {"payments": n}), own).markdown for n in (1, 3)]
    assert found == ["1 payment", "3 payments"]


EVIL = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ scheme.__class__ }}",
    "{{ scheme|attr('__class__') }}",
    "{{ practice['__class__'] }}",
    "{{ practice.name.__class__ }}",
    "{{ lines.append }}",
    "{{ reference.format }}",
    "{{ '{0.__class__}'.format(scheme) }}",
    "{{ '%s' % scheme }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ config }}",
    "{{ request.application }}",
    "{{ get_flashed_messages() }}",
    "{{ namespace(a=1) }}",
    "{{ range(999999999) }}",
    "{% for x in range(10**9) %}{% endfor %}",
    "{% for x in 'a' * 999999999 %}{% endfor %}",
    "{{ 'a' * 999999999 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 1 / 0 }}",
    "{{ scheme ~ scheme }}",
    "{{ scheme|center(99999999) }}",
    "{{ scheme|replace('a', 'aaaa') }}",
    "{{ lines|join }}",
    "{{ scheme|upper }}",
    "{{ dict(a=1) }}",
    "{{ [1, 2, 3] }}",
    "{{ {'a': 1} }}",
    "{{ (1, 2) }}",
    "{{ scheme() }}",
    "{{ scheme[0] }}",
    "{{ lines[0:9] }}",
    "{{ scheme is callable }}",
    "{{ scheme is defined }}",
    "{% set x = scheme %}",
    "{% set x %}{{ scheme }}{% endset %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% call scheme() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% include 'statement.md' %}",
    "{% import 'os' as os %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block b %}{% endblock %}",
    "{% with a = 1 %}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% do x %}",
    "{% debug %}",
    "{% for line in lines recursive %}{{ loop(lines) }}{% endfor %}",
    "{% for line in lines if line %}{{ line }}{% endfor %}",
    "{% for a, b in lines %}{% endfor %}",
    "{% for loop in lines %}{% endfor %}",
    "{% for self in lines %}{% endfor %}",
    "{% for __a in lines %}{% endfor %}",
    "{% for a in lines %}{% for b in lines %}{% for c in lines %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in lines %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for a in lines %}{{ loop.__class__ }}{% endfor %}",
    "{% for a in payments %}{{ a.keys }}{% endfor %}",
    "{% while true %}{% endwhile %}",
    "{% break %}",
    "{{",
    "{% if %}",
    "{% endfor %}",
    "{% if paid %}",
    "{{ none }}",
    "{{ lines }}",
    "{{ practice }}",
    "{{ is_set_off }}",
    "{{ pay_by }}",
    "{{ paid|plural }}",
    "{{ period|weekday }}",
    "{{ paid|plural(scheme) }}",
    "{{ 'x' if paid }}",
    "{% if paid > 100 %}{% endif %}",
    "{% if scheme > 'a' %}{% endif %}",
    "{% if pay_by < pay_by %}{% endif %}",
    "{% if scheme in lines %}{% endif %}",
    "{% if 0 < paid < total %}{% endif %}",
    "{% if true %}{% endif %}",
    "{" + "{ " + "(" * 9_000 + "paid" + ")" * 9_000 + " }" + "}",
    "{{ " + "not " * 4_000 + "paid }}",
    "{{ " + "9" * 19_000 + " }}",
    "{% if paid %}" * 300 + "{% endif %}" * 300,
    "{% for a in lines %}" * 300 + "{% endfor %}" * 300,
    "{% if " + " and ".join(["paid"] * 3_000) + " %}{% endif %}",
    "{{ paid }}" * 2_001,
]


@pytest.mark.parametrize("body", EVIL)
def test_what_is_not_on_the_list_is_refused_by_line_and_never_run(body: str) -> None:
    flaws = find_flaws(STATEMENT, Template("S", f"{MUST}\n{body}"))
    assert flaws
    assert all(flaw.detail.startswith(f"Line {flaw.line}: ") for flaw in flaws)
    assert codes(MUST, subject=body), "the same holds for a subject"


def test_a_flaw_says_where_it_is_and_what_was_meant() -> None:
    [flaw] = find_flaws(STATEMENT, Template("S", f"{MUST}\n\nDear {{{{ practise.name }}}}"))
    assert (flaw.part, flaw.line, flaw.code) == ("body", 3, "unknown_field")
    assert flaw.detail == "Line 3: There is no field of that name here. Did you mean `practice`?"


@pytest.mark.parametrize(
    ("kind", "body", "left_out"),
    [
        ("offer", "{{ practice.code }} {{ words }}", {"respond_by"}),
        ("offer", "{{ practice.code }} {{ words }}{% if respond_by %}{{ respond_by }}{% endif %}", set()),
        ("offer", "{{ practice.code }} {{ words }}{% if not respond_by %}{% else %}{{ respond_by }}{% endif %}", set()),
        ("offer", "{% if respond_by %}{{ respond_by }} {{ words }}{% endif %}{{ practice.name }}", {"words"}),
        (
            "claim",
            "{{ scheme }} {{ practice.code }} {{ period }} {% if amount is not none %}{{ amount }}{% endif %}"
            "{{ reason if reason else 'no reason' }}",
            set(),
        ),
        (
            "claim",
            "{{ scheme }} {{ period }} {% if step == 'held' %}{{ practice.code }}{% endif %}",
            {"practice", "amount", "reason"},
        ),
    ],
)
def test_what_every_message_has_to_say_cannot_be_left_out(kind: str, body: str, left_out: set[str]) -> None:
    flaws = find_flaws(KINDS[kind], Template("S", body))
    assert {name for flaw in flaws for name in left_out if f"`{name}`" in flaw.detail} == left_out
    assert len(flaws) == len(left_out)


def test_a_list_has_to_be_said_item_by_item() -> None:
    assert codes(MUST.replace("{{ line }}", "x")) == {"left_out"}


def test_what_somebody_named_makes_no_markup() -> None:
    evil = "1. [Pay](https://evil.example) <b>now</b> **or** `else` ![x](y) &lt;i&gt;\n# A heading"
    body = write(OFFER, Facts(example_fields(OFFER.fields) | {"scheme": evil}), None).markdown
    shown = render_markdown(body)
    assert "[Pay](https://evil.example) <b>now</b> **or** `else` ![x](y) &lt;i&gt; # A heading" in shown.text
    assert "<a" not in shown.html
    assert "<b>" not in shown.html
    assert "<i>" not in shown.html


def test_a_link_without_a_host_leads_nowhere() -> None:
    shown = render_markdown("[here](/v1/offers) and [there](https://www.england.nhs.uk/)")
    assert "/v1/offers" not in shown.html
    assert 'href="https://www.england.nhs.uk/"' in shown.html


@given(st.text(max_size=60))
def test_any_name_is_read_as_it_was_written(name: str) -> None:
    facts = Facts(example_fields(STATEMENT.fields) | {"scheme": f"x{name}"})
    words = write(STATEMENT, facts, OwnTemplate(1, Template("S", "{{ scheme }}"))).markdown
    assert plain_text(words) == " ".join(f"x{name}".replace("\0", "\ufffd").split())
    assert render_markdown(words).html.startswith("<p>x")


@pytest.mark.parametrize("name", ["- a", "+ a", "1. a", "23) a", "=== a", "# a", "> a", "~~~", "---"])
def test_no_name_begins_a_list_a_heading_or_a_quotation(name: str) -> None:
    assert render_markdown(said("{{ scheme }}", scheme=name)).html.startswith("<p>")
    assert plain_text(said("{{ scheme }}", scheme=name)) == name


def test_a_message_without_what_it_is_to_say_is_not_written() -> None:
    fields = example_fields(STATEMENT.fields) | {"scheme": " ", "paid": None}
    fields["payments"] = [fields["payments"][0] | {"payee": ""}]
    with pytest.raises(MissingFields) as missing:
        write(STATEMENT, Facts(fields), None)
    assert missing.value.names == ("scheme", "paid", "payments.payee")


def test_a_wording_that_cannot_be_used_gives_way_to_ours() -> None:
    facts = Facts(example_fields(STATEMENT.fields) | {"lines": ["A line of many words. " * 50] * 300})
    own = OwnTemplate(7, Template("S", "{% for line in lines %}{{ line }}\n{% endfor %}"))
    worded = write(STATEMENT, facts, own)
    assert (worded.version, worded.failure) == (None, "_TooLong")
    assert worded.subject.startswith("Statement: £1,250.00 for")


PIECES = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    " if ",
    " else ",
    " endif ",
    " for ",
    " in ",
    " endfor ",
    " and ",
    "(",
    ")",
]
PIECES += [
    " not ",
    "|",
    ".",
    "==",
    "paid",
    "lines",
    "line",
    "practice",
    "name",
    "payments",
    "'",
    '"',
    "0",
    "[",
    "]",
    "{",
    "}",
]
PIECES += ["loop", "last", "__class__", "plural", "weekday", "pay_by", "none", " is ", "~", "*", "+", ",", "\n", " "]


@given(st.lists(st.sampled_from([*PIECES, *string.ascii_lowercase[:4]]), max_size=40).map("".join))
def test_whatever_is_not_refused_can_be_filled_in(body: str) -> None:
    """The check tries its own findings: what it lets through has been filled in twice."""
    flaws = find_flaws(KINDS["issue_answered"], Template("S", f"{{{{ title }}}} {body}"))
    assert all(flaw.line >= 1 and flaw.code != "not_filled_in" for flaw in flaws)
