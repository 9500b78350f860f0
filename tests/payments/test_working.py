"""From frozen parts to statements: differences, payees, balances and digests."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calculation.service import canonical_json
from app.calculation.values import Payee
from app.payments.rules.working import balance_notes
from app.payments.rules.written import _encoder, balance_from_plain, balance_plain
from app.payments.values import Balance, LineKind
from tests.factories.calculation import QUARTER, a_list, fixed, per_head, per_session, practice, session, total
from tests.factories.payments import part, posted, practices, worked

PROVIDER = {"type": "organisation", "code": "NLX01"}


def test_period_paid_for_the_first_time_has_every_line_of_every_practice() -> None:
    run = worked(part(total(per_head(), per_session()), *practices(3)))
    assert [(s.practice, [line.component for line in s.lines]) for s in run.statements] == [
        (code, ["engagement", "time"]) for code in ("Y00001", "Y00002", "Y00003")
    ]
    assert (run.lines, run.total) == (6, 3 * 420_600)


def test_late_session_is_paid_as_the_difference_of_its_period() -> None:
    later = part(per_session(), practice(facts=(session(date(2014, 4, 3)), session(date(2014, 4, 9)))))
    before = {"Y00001": (posted(30_000, component="time"),)}
    run = worked(part(fixed(), practice()), part(later.definition["pay"], *later.practices, posted=before))
    entitlement, adjustment = run.statements[0].lines
    assert entitlement.kind is LineKind.ENTITLEMENT
    assert (adjustment.kind, adjustment.amount) == (LineKind.ADJUSTMENT, 30_000)
    assert adjustment.sentence.startswith(
        "Adjustment from 1 April 2014 to 30 June 2014: 600.00 is due by what is known now and 300.00 was paid before, so"
        " 300.00 more is paid."
    )
    assert adjustment.workings["inputs"][1]["lines"] == ["SBEFORE-1"]


def test_second_run_of_a_period_holds_differences_only() -> None:
    before = {"Y00001": (posted(420_600),), "Y00002": (posted(400_000, code="Y00002"),)}
    run = worked(part(per_head(), *practices(2), posted=before))
    assert [(s.practice, s.total) for s in run.statements] == [("Y00002", 20_600)]


def test_practice_that_was_left_out_is_paid_for_the_earlier_period() -> None:
    run = worked(part(per_head(), *practices(2), posted={"Y00001": (posted(420_600),)}))
    assert [(s.practice, s.total) for s in run.statements] == [("Y00002", 420_600)]


def test_component_that_is_no_longer_due_is_taken_back() -> None:
    before = {"Y00001": (posted(420_600), posted(5_000, component="gone"))}
    line = worked(part(per_head(), practice(), posted=before)).statements[0].lines[0]
    assert (line.component, line.amount) == ("gone", -5_000)
    assert "0.00 is due by what is known now and 50.00 was paid before, so 50.00 is taken back." in line.sentence


def test_practice_that_has_left_gives_back_what_it_was_paid() -> None:
    run = worked(part(per_head(), posted={"Y00001": (posted(420_600),)}))
    assert [(s.practice, s.total) for s in run.statements] == [("Y00001", -420_600)]


def test_new_payee_is_paid_and_the_old_one_gives_back() -> None:
    run = worked(part(fixed(payee=PROVIDER), practice(), posted={"Y00001": (posted(10_000, component="joining"),)}))
    assert [(p.payee.code, p.total) for p in run.statements[0].payments] == [("Y00001", -10_000), ("NLX01", 10_000)]


def test_statement_of_nothing_says_why_and_pays_nobody() -> None:
    run = worked(part(per_head(), practice(lists=(a_list(0),))))
    (statement,) = run.statements
    assert (statement.total, statement.payments) == (0, ())
    assert "0 patients" in statement.lines[0].sentence


def test_missing_list_blocks_its_line_and_pays_the_others() -> None:
    statement = worked(part(total(per_head(), fixed()), practice(lists=()))).statements[0]
    assert [(line.amount, line.blocked) for line in statement.lines] == [(0, True), (10_000, False)]


def test_unconfirmed_fact_is_listed_in_words_and_not_paid() -> None:
    statement = worked(part(per_session(), practice(facts=(session(date(2014, 5, 1), confirmed=False),)))).statements[0]
    assert statement.total == 0
    assert "1 May 2014" in statement.notes[0]


def test_what_a_practice_owes_is_taken_from_its_next_payment() -> None:
    payment = worked(part(fixed(), practice()), owed={"Y00001": -4_000}).statements[0].payments[0]
    assert (payment.total, payment.brought_forward, payment.payable) == (10_000, -4_000, 6_000)


def test_order_in_which_practices_were_gathered_leaves_no_trace() -> None:
    several = practices(5)
    assert worked(part(per_head(), *several)) == worked(part(per_head(), *reversed(several)))


def test_one_pound_more_is_another_digest() -> None:
    first, second = (worked(part(fixed(amount), practice())).outputs_digest for amount in ("100.00", "101.00"))
    assert first != second


@given(
    lists=st.lists(st.integers(0, 30_000), min_size=1, max_size=6),
    already=st.lists(st.integers(-500_000, 5_000_000), min_size=6, max_size=6),
)
def test_posted_and_differences_always_add_up_to_what_is_due(lists: list[int], already: list[int]) -> None:
    inputs = [practice(f"Y{no:05}", lists=(a_list(size),)) for no, size in enumerate(lists)]
    before = {each.code: (posted(amount, code=each.code),) for each, amount in zip(inputs, already, strict=False)}
    due = worked(part(per_head(), *inputs)).total
    run = worked(part(per_head(), *inputs, posted=before))
    assert run.total + sum(already[: len(inputs)]) == due
    for statement in run.statements:
        assert sum(line.amount for line in statement.lines) == statement.total
        assert sum(payment.total for payment in statement.payments) == statement.total
        assert all(payment.payable >= 0 for payment in statement.payments)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    )
)
def test_digests_are_taken_of_the_canonical_form(value: object) -> None:
    try:
        expected = canonical_json(value)
    except UnicodeEncodeError:
        return
    assert _encoder.encode(value) == expected


def test_period_of_a_line_is_that_of_its_part() -> None:
    assert worked(part(fixed(), practice())).statements[0].lines[0].period == QUARTER


@pytest.mark.parametrize(
    "balance",
    [
        Balance("Y00001", Payee("practice", "Y00001"), -100),
        Balance("Y00001", Payee("practice", "Y00001"), -100, 30),
        # As a run froze it that did not know the day yet.
        Balance("Y00001", Payee("practice", "Y00001"), 0, None, 2_499),
        Balance("Y00001", Payee("practice", "Y00001"), 0, None, 2_499, date(2026, 11, 5), "Too little to ask for."),
    ],
)
def test_balance_that_was_frozen_is_read_back_as_it_was(balance: Balance) -> None:
    plain = json.loads(json.dumps(balance_plain(balance)))
    assert balance_from_plain(plain) == balance


def test_waiver_is_told_with_its_day_and_reason_on_one_line() -> None:
    owed = Balance("Y1", Payee("practice", "Y1"), 0, None, 2_499, date(2026, 11, 5), "Too little\n to ask for.")
    assert list(balance_notes(owed)) == [
        "24.99 that Y1 owed from before was waived on 5 November 2026. Too little to ask for."
    ]
