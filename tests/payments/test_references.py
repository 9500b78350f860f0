"""References: short, readable on the telephone, and wrong when mistyped."""

import re

import pytest

from app.payments.rules.references import (
    check_character,
    line_reference,
    payment_reference,
    statement_reference,
)


def test_payment_reference_fits_the_text_of_a_bank_statement() -> None:
    assert re.fullmatch(r"[A-Z0-9]{1,18}", payment_reference("tenant", "run", "Y00001", "practice", "Y00001"))


def test_same_thing_has_the_same_reference_and_another_thing_another() -> None:
    first = payment_reference("t", "r", "Y00001")
    assert first == payment_reference("t", "r", "Y00001")
    assert first != payment_reference("t", "r", "Y00002")
    assert first != statement_reference("t", "r", "Y00001")


def test_check_character_is_that_of_the_standard() -> None:
    # ISO 7064 MOD 37,36 as used by the Global Release Identifier: A1-2425G-ABC1234002-M.
    assert check_character("A12425GABC1234002") == "M"


@pytest.mark.parametrize("position", range(14))
def test_one_wrong_character_is_noticed(position: int) -> None:
    reference = payment_reference("tenant", "run", "Y00001")
    wrong = "7" if reference[position] != "7" else "8"
    mistyped = reference[:position] + wrong + reference[position + 1 :]
    assert check_character(reference[:-1]) == reference[-1]
    assert check_character(mistyped[:-1]) != mistyped[-1]


def test_line_is_named_by_its_statement_and_its_number() -> None:
    assert line_reference("S123", 2) == "S123-2"
