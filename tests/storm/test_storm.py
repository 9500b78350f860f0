"""A short slice of the storm of payments; `plenary storm` plays it whole. That of messages has its slice among them."""

from decimal import Decimal

import pytest

from app.demo.calls import CallFailed
from app.storm import england
from app.storm.payments import storm_payments


@pytest.mark.slow
@pytest.mark.usefixtures("own_servers")
async def test_runs_end_once_and_to_the_penny_in_a_storm_and_without_valkey() -> None:
    heard: list[str] = []
    assert await storm_payments(england.invent(4, 8), "2022/23", say=heard.append) == []
    assert "  32 statements, 4 of them 0.00, each as plain arithmetic says" in heard
    assert heard.count("  4 runs ended once, with the same digests") == 2
    assert any(line.startswith("  worker killed with -9 at ") for line in heard)


def test_plain_arithmetic_rounds_half_a_penny_up() -> None:
    assert england.quarter_of_two_pounds(Decimal("4029.25")) == Decimal("2014.63")


def test_a_file_of_another_layout_is_refused_in_words(tmp_path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("code,list\nZZ0001,5000\n")
    with pytest.raises(CallFailed, match="has no column CCG Code, Number of Registered Patients"):
        england.read(file)
