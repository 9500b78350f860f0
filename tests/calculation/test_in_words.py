"""A definition in words: one sentence for each node."""

from fractions import Fraction

import pytest

from app.calculation.rules.exact import exact_text
from app.calculation.rules.wording import number_text, pounds_text, share_text
from app.calculation.service import describe, describe_markdown
from app.calculation.values import Range
from tests.factories.calculation import definition, fixed, gate, per_head, per_session, pro_rata, total


def test_each_node_is_one_sentence_and_then_comes_what_goes_for_all():
    assert describe(definition(gate(per_session()))) == [
        "Only when the practice has a named lead on the first day of the period; otherwise each of these pays 0.00.",
        "Pays 300.00 for each session: confirmed facts named lead_session, at most 2 in a calendar month.",
        "Amounts are exact until the end: each line is rounded once, to the penny; halves go up.",
    ]


def test_markdown_indents_what_stands_inside():
    text = describe_markdown(
        definition(pro_rata(total(per_head(), fixed(payee={"type": "organisation", "code": "OOH1"}))))
    )
    assert text == (
        "- A practice that joins or leaves during the period is paid for its days as a member out of the days of the "
        "period.\n"
        "  - Pays all of the following.\n"
        "    - `engagement`: Pays 2.00 a year per registered patient, by the registered list on the first day of the "
        "period; a period earns its share of the year.\n"
        "    - `joining`: Pays a fixed 100.00 for each period. It is paid to the organisation OOH1.\n"
        "\n"
        "Amounts are exact until the end: each line is rounded once, to the penny; halves go up.\n"
    )


@pytest.mark.parametrize(
    ("ranges", "sentence"),
    [
        (
            Range(0, 720_000, 720_000),
            "For this practice: at least 0.00, expected 7,200.00, at most 7,200.00.",
        ),
        (
            Range(0, 5_000, None),
            "For this practice: 0.00 so far, 50.00 expected; no most, because something here has no limit.",
        ),
    ],
)
def test_the_asking_practice_sees_what_it_can_earn(ranges, sentence):
    parsed = definition(per_session())

    assert describe(parsed, ranges=ranges)[-1] == sentence
    assert sentence in describe_markdown(parsed, ranges=ranges)


def test_a_definition_says_that_a_claim_is_required():
    sentence = (
        "Nothing is paid for a period until the practice has declared its claim for it and the claim is approved."
    )
    assert sentence in describe(definition(fixed(), claims="required"))
    assert sentence not in describe(definition(fixed()))


@pytest.mark.parametrize(
    ("rounding", "words"),
    [
        (
            {"at": "factor", "dp": 3, "mode": "down"},
            "factors are rounded to 3 places and then each line to the penny; always",
        ),
        ({"at": "final", "mode": "half_even"}, "the total of all practices is rounded once, to the penny, and shared"),
    ],
)
def test_a_definition_says_how_it_rounds(rounding, words):
    assert words in describe(definition(fixed(), round=rounding))[-1]


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        ("quarter_start", "registered list on the first day of the quarter in which the period starts"),
        ("year_start", "registered list on 1 April of the financial year in which the period starts"),
        ("2014-01-01", "registered list on 1 January 2014"),
    ],
)
def test_a_list_says_on_which_day_it_counts(snapshot, words):
    measures = {"list": {"kind": "list_size", "basis": "registered", "snapshot": snapshot}}
    assert words in describe(definition(per_head(), measures=measures))[0]


def test_figures_are_written_as_people_write_them():
    assert [pounds_text(pence) for pence in (0, 5, -5, 1_682_400, Fraction(1, 2), Fraction(-250_001, 3))] == [
        "0.00",
        "0.05",
        "-0.05",
        "16,824.00",
        "0.005",
        "about -833.3367",
    ]
    assert [number_text(each) for each in (8412, Fraction(16117, 4), Fraction(-5, 2))] == ["8,412", "4,029.25", "-2.5"]
    assert [exact_text(each) for each in (7, Fraction(45, 91), Fraction(1, 10**9))] == ["7", "45/91", "0.000000001"]
    assert [share_text(Fraction(*each)) for each in ((1, 4), (7, 12), (2, 1), (77, 365))] == [
        "a quarter of it is",
        "7 months of it come to",
        "24 months of it come to",
        "77/365 of it is",
    ]
