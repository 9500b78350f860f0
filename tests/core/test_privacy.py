"""The guard that keeps patients' numbers out of free text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.core.privacy import (
    OneLine,
    SafeCode,
    SafeText,
    Sentence,
    holds_nhs_number,
    is_nhs_number,
)


class Note(BaseModel):
    text: SafeText


@pytest.mark.parametrize(
    "text",
    [
        "9434765919",
        "943 476 5919",
        "943-476-5919",
        "943.476.5919",
        "943/476/5919",
        "943_476_5919",
        "0000009434765919",
        "00943 476 5919",
        "9434 765 919",
        "943\u00a0476\u20115919",
        "943\u200b476\u200b5919",
        "\uff19\uff14\uff13\uff14\uff17\uff16\uff15\uff19\uff11\uff19",
        "Mrs Smith (943 476 5919) asked why",
        "ref 123 456 9434765919.",
        "seen 401-023-2137; moved on",
    ],
)
def test_a_number_with_a_valid_check_digit_is_found(text: str) -> None:
    assert holds_nhs_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "9434765918",
        "94347659190",
        "19434765919",
        "020 7946 0958",
        "02079460958",
        "09434765919",
        "0044 20 7946 0958",
        "01/04/2026 10/30",
        "12/2026/1234",
        "2026-05-06/12",
        "+44 7700 900123",
        "On 2026-11-22 10:00 we met",
        "£1,234,567,890.00",
        "",
        "1234567890",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not holds_nhs_number(text)


def test_the_schema_type_names_the_reason_and_not_the_number() -> None:
    with pytest.raises(ValidationError) as raised:
        Note(text="call 943 476 5919")
    error = raised.value.errors()[0]
    assert error["type"] == "nhs_number"
    assert "943" not in error["msg"]


@given(st.integers(min_value=0, max_value=999_999_999))
def test_at_most_one_check_digit_fits(stem: int) -> None:
    fitting = [digit for digit in range(10) if is_nhs_number(f"{stem:09d}{digit}")]
    weighted = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), f"{stem:09d}", strict=True))
    assert fitting == ([] if weighted % 11 == 1 else [-weighted % 11])


@pytest.mark.parametrize(
    "end", ["\r\nBcc: a@b.example", "\n", "\x00", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\u200f"]
)
def test_one_line_has_no_character_that_ends_or_steers_it(end: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(OneLine).validate_python(f"Lead{end}")
    assert [error["type"] for error in raised.value.errors()] == ["not_one_line"]


@pytest.mark.parametrize("name", ["\u200b", "\u3164", "\u2800", " ", "\u00ad\u200d", "\u0301", "\ufe0f"])
def test_a_name_is_seen(name: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(OneLine).validate_python(name)
    assert [error["type"] for error in raised.value.errors()] == ["blank"]


@pytest.mark.parametrize(
    ("text", "code"), [("\u202e00.9", "not_plain"), ("a\x1b[2J", "not_plain"), (" \n", "blank"), ("\u200b", "blank")]
)
def test_a_reason_between_our_own_words_is_seen_and_turns_none_of_them(text: str, code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Sentence).validate_python(text)
    assert [error["type"] for error in raised.value.errors()] == [code]


def test_a_reason_may_have_several_lines() -> None:
    assert TypeAdapter(Sentence).validate_python("Agreed.\r\n\tBy letter.") == "Agreed.\r\n\tBy letter."


@pytest.mark.parametrize("name", ["李", "Юлия", "می\u200cشود", "क्\u200dष", "👩\u200d⚕️", "7", "*"])
def test_names_of_every_script_are_let_through(name: str) -> None:
    assert TypeAdapter(OneLine).validate_python(name) == name


def test_one_line_keeps_patients_numbers_out_and_lets_names_through() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(OneLine).validate_python("943 476 5919")
    assert (
        TypeAdapter(OneLine).validate_python("Siân O'Brien-Shah\u00a0(née Łuk)") == "Siân O'Brien-Shah\u00a0(née Łuk)"
    )


@pytest.mark.parametrize(
    "code", ["9434765919", "09434765919", "P0943-476-5919", "nhs:0943/476/5919", "000 943 476 5919"]
)
def test_a_code_is_no_nhs_number_however_it_is_filled_up(code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(SafeCode).validate_python(code)
    assert [error["type"] for error in raised.value.errors()] == ["nhs_number"]


@pytest.mark.parametrize(
    "code", ["rota-2026-05-06", "2026-05-06-12", "INV-0000012345", "8c7e1f00-0943-4765-9190-0198c0de0000"]
)
def test_other_codes_are_let_through(code: str) -> None:
    assert TypeAdapter(SafeCode).validate_python(code) == code
