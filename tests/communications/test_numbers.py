"""Mobile numbers and the length of text messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communications.rules.numbers import MOST_CHARACTERS, mobile_number, text_body, text_parts


@pytest.mark.parametrize(
    "typed",
    ["07700900123", "07700 900 123", "+44 7700 900123", "+44 (0)7700-900123", "0044 7700 900123", "447700900123"],
)
def test_a_number_in_any_writing_is_one_number(typed: str) -> None:
    assert mobile_number(typed) == "+447700900123"


@pytest.mark.parametrize(
    "typed",
    [
        *(None, "", "01632 960123", "+1 202 555 0123", "0770090012", "077009001234", "07012345678", "07600 900123"),
        *("+44 7700 90012a", "٠٧٧٠٠٩٠٠١٢٣", "07700900123;+447700900124"),
    ],
)
def test_what_is_no_mobile_number_of_this_country_is_none(typed: str | None) -> None:
    assert mobile_number(typed) is None


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        *(("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2)),
        *(("\u2019" * 70, 1), ("\u2019" * 71, 2), ("😀" * 35, 1), ("😀" * 36, 2), ("£" * 160, 1)),
    ],
)
def test_a_text_is_charged_by_its_parts(body: str, parts: int) -> None:
    assert text_parts(body) == parts


def test_a_long_message_becomes_its_subject_and_where_to_read_on() -> None:
    assert (
        text_body("Claims close", "On Friday.", "https://p.example/x")
        == "Claims close\nOn Friday.\nhttps://p.example/x"
    )
    assert text_body("Claims close", "word " * 100, "https://p.example/x") == "Claims close\nhttps://p.example/x"


@given(st.text(max_size=2000), st.text(max_size=2000), st.one_of(st.none(), st.just("https://p.example/abc")))
def test_no_text_is_longer_than_may_be_sent(subject: str, text: str, link: str | None) -> None:
    body = text_body(subject, text, link)
    assert len(body) <= MOST_CHARACTERS
    assert link is None or body.endswith(link)
