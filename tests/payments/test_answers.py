"""What a ledger answers: which of it is news."""

from datetime import date

import pytest

from app.payments.rules.answering import news
from app.payments.values import Answer, Outcome
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

ACCEPTED = Answer("P1", Outcome.ACCEPTED, None, None)
PAID = Answer("P1", Outcome.PAID, date(2026, 12, 18), None)
BACK = Answer("P1", Outcome.REJECTED, None, "Came back.")


def test_what_was_said_last_is_no_news() -> None:
    assert news([ACCEPTED, PAID], [ACCEPTED, PAID]) == []


def test_the_same_rejection_after_a_payment_is_news() -> None:
    assert news([BACK], [BACK, PAID]) == [BACK]


def test_a_payment_of_the_same_day_after_a_rejection_is_news() -> None:
    assert news([PAID], [PAID, BACK]) == [PAID]


def test_being_accepted_is_no_second_news_whatever_came_of_it() -> None:
    assert news([ACCEPTED], [ACCEPTED, BACK]) == []


def test_being_accepted_with_the_first_amount_again_is_news() -> None:
    whole, less = (Answer("P1", Outcome.ACCEPTED, None, None, pence) for pence in (10_000, 9_000))
    assert news([whole], [whole, less]) == [whole]
    assert news([whole], [whole, less, whole]) == []


def test_an_answer_that_stands_twice_in_one_load_is_one() -> None:
    assert news([PAID, PAID], []) == [PAID]


def test_what_is_said_of_one_payment_is_news_of_another() -> None:
    other = Answer("P2", Outcome.PAID, date(2026, 12, 18), None)
    assert news([other], [PAID]) == [other]


async def test_amount_that_the_ledger_takes_back_settles_the_run(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.pay()
    (payment,) = await office.references(run_id)
    for amount, state in (("2500.00", "acknowledged"), ("2400.00", "released"), ("2500.00", "acknowledged")):
        answer = await office.acknowledge(run_id, {"payment": payment, "outcome": "accepted", "amount": amount})
        assert (answer["created"], answer["state"]) == (1, state)


@pytest.mark.parametrize("day", ["1900-01-01", "2026-11-21", "2026-12-24", "9999-12-31"])
async def test_a_day_on_which_nothing_can_have_been_paid_is_refused_whole(shared: LivePlenary, day: str) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    first, second = await office.references(run_id)
    body = {
        "acknowledgements": [
            {"payment": first, "outcome": "paid", "paid_on": "2026-11-22"},
            {"payment": second, "outcome": "paid", "paid_on": day},
        ]
    }
    url = f"/v1/payment-runs/{run_id}/acknowledgements"
    refused = await office.releaser.post(url, json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "payments.paid_on_impossible")
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/acknowledgements/1/paid_on"]
    assert (await office.manager.get(url)).json()["data"] == []
