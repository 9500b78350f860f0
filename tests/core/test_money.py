from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.core.money import DecimalText, Pounds, PoundsSum, format_pounds, parse_pounds, plain

AMOUNTS = st.integers(-(10**14) + 1, 10**14 - 1)


@pytest.mark.parametrize(
    ("text", "pence"), [("12.30", 1230), ("12.3", 1230), ("12", 1200), ("0.05", 5), ("-0.05", -5), ("-0", 0)]
)
def test_pounds_are_read_as_pence(text, pence):
    assert parse_pounds(text) == pence


@pytest.mark.parametrize(
    "text",
    ["", "12.345", "1e3", "+1", " 1", "1\n", "01", ".5", "5.", "1,000", "NaN", "Infinity", "٣", "1" * 13, "--1", "1_0"],
)
def test_anything_else_is_no_amount(text):
    with pytest.raises(ValueError, match="decimal string"):
        parse_pounds(text)


def test_pounds_are_written_with_two_places_and_one_sign():
    assert [format_pounds(pence) for pence in (1230, 5, -5, -1230, 0)] == ["12.30", "0.05", "-0.05", "-12.30", "0.00"]


@given(AMOUNTS)
def test_an_amount_survives_the_way_out_and_back(pence):
    assert parse_pounds(format_pounds(pence)) == pence


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_plain_text_is_exact_and_canonical(number):
    text = plain(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert "." not in text or not text.endswith("0")
    assert text != "-0"


def test_plain_text_of_fractions_and_large_exponents():
    assert plain(Fraction(-1, 8)) == "-0.125"
    assert plain(Decimal("1E+3")) == "1000"
    assert plain(Decimal("-0.00")) == "0"
    assert plain(7) == "7"


def test_a_third_has_no_decimal_text():
    with pytest.raises(ValueError, match="finite"):
        plain(Fraction(1, 3))


def test_a_pounds_member_comes_out_in_two_places():
    assert TypeAdapter(Pounds).validate_python("12.3") == "12.30"
    assert TypeAdapter(Pounds).validate_python("-0") == "0.00"


@pytest.mark.parametrize("kind", [Pounds, DecimalText])
@pytest.mark.parametrize("value", [12, 12.3, True, None, Decimal(12), "12,00", "1e2", "1\n"])
def test_a_number_is_refused_where_a_decimal_string_belongs(kind, value):
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(kind).validate_python(value)
    assert [error["type"] for error in refusal.value.errors()] == ["not_a_decimal_string"]


def test_decimal_text_keeps_the_places_of_a_published_rate():
    adapter = TypeAdapter(DecimalText)
    assert [adapter.validate_python(text) for text in ("300.00", "8412.25", "-0.00", "-1.5")] == [
        "300.00",
        "8412.25",
        "0.00",
        "-1.5",
    ]
    with pytest.raises(ValidationError):
        adapter.validate_python("1.1234567")


def test_all_are_published_as_decimal_strings():
    for kind in (Pounds, PoundsSum, DecimalText):
        schema = TypeAdapter(kind).json_schema()
        assert (schema["type"], schema["format"]) == ("string", "decimal")
