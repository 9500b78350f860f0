"""The pure rules of claims: windows, refusals, bands, samples, digests."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.calculation.service import evaluate
from app.calculation.values import PracticeInput
from app.core.clock import Period
from app.core.ids import new_id
from app.schemes.rules import claiming, declaring, vetting
from app.schemes.values import ApprovalBand, ClaimEvery, ClaimFigures, ClaimRefusal, ClaimRules, ClaimWindow
from tests.factories.calculation import definition, gate, lead, per_head, per_session, pooled, practice, session, total

QUARTER = Period(date(2026, 4, 1), date(2026, 7, 1))
WINDOW = ClaimWindow(date(2026, 7, 1), date(2026, 8, 11))
STANDING = claiming.Standing(
    is_in=True, is_covered=True, is_claimed=True, may_declare=True, has_claim=False, window=WINDOW
)
JULY = date(2026, 7, 1)


def test_a_period_is_claimed_for_six_weeks_from_the_day_after_its_last() -> None:
    assert claiming.claim_window(QUARTER, ClaimRules(), rejected_on=None) == WINDOW


def test_after_a_rejection_there_is_the_same_time_again() -> None:
    later = claiming.claim_window(QUARTER, ClaimRules(), rejected_on=date(2026, 8, 1))
    assert later == ClaimWindow(date(2026, 7, 1), date(2026, 9, 12))
    assert claiming.claim_window(QUARTER, ClaimRules(window_days=366), rejected_on=JULY).closes_on.year == 2027


@pytest.mark.parametrize(
    ("changes", "today", "expected"),
    [
        ({"is_in": False, "may_declare": False}, JULY, ClaimRefusal.NOT_SIGNED_UP),
        ({"may_declare": False, "has_claim": True}, JULY, ClaimRefusal.ROLE),
        ({"has_claim": True}, date(2027, 1, 1), ClaimRefusal.ALREADY_CLAIMED),
        ({"claimed_every": ClaimEvery.MONTH, "has_claim": True}, JULY, ClaimRefusal.ALREADY_CLAIMED),
        ({"claimed_every": ClaimEvery.MONTH}, JULY, ClaimRefusal.NO_CLAIM_PERIOD),
        ({"claimed_every": ClaimEvery.MONTH, "is_outgrown": True}, date(2026, 8, 12), ClaimRefusal.NO_CLAIM_PERIOD),
        ({}, date(2026, 6, 30), ClaimRefusal.WINDOW_NOT_OPEN),
        ({}, JULY, None),
        ({}, date(2026, 8, 11), None),
        ({}, date(2026, 8, 12), ClaimRefusal.WINDOW_MISSED),
        ({"is_claimed": False, "may_declare": False}, date(2026, 8, 12), None),
    ],
)
def test_the_most_lasting_reason_against_a_claim_comes_first(
    changes: dict[str, Any], today: date, expected: ClaimRefusal | None
) -> None:
    standing = replace(STANDING, **changes)
    refusal = claiming.claim_refusal(standing, today=today)
    assert refusal is expected
    assert claiming.claim_words(standing, refusal, applies=[QUARTER])


def test_a_practice_that_closed_is_told_until_when_it_was_open() -> None:
    closed = replace(STANDING, is_in=False, closed_on=date(2026, 3, 31))
    words = claiming.claim_words(closed, ClaimRefusal.NOT_SIGNED_UP, applies=[QUARTER])
    assert words == "The practice was open until 31 March 2026, and no longer in this period."


@pytest.mark.parametrize(
    ("every", "period", "fits"),
    [
        (ClaimEvery.MONTH, Period(date(2026, 12, 1), date(2027, 1, 1)), True),
        (ClaimEvery.MONTH, QUARTER, False),
        (ClaimEvery.QUARTER, QUARTER, True),
        (ClaimEvery.QUARTER, Period(date(2026, 5, 1), date(2026, 8, 1)), False),
        (ClaimEvery.YEAR, Period(date(2026, 4, 1), date(2027, 4, 1)), True),
        (ClaimEvery.YEAR, Period(date(2026, 1, 1), date(2027, 1, 1)), False),
    ],
)
def test_a_scheme_is_claimed_for_periods_of_its_own_kind(every: ClaimEvery, period: Period, fits: bool) -> None:
    assert claiming.is_claim_period(period, every) is fits


@pytest.mark.parametrize(
    ("pence", "people"), [(0, 1), (14_999_99, 1), (15_000_00, 2), (-15_000_00, 2), (49_999_99, 2), (50_000_00, 3)]
)
def test_a_larger_claim_needs_more_people(pence: int, people: int) -> None:
    bands = (ApprovalBand(0, 1), ApprovalBand(15_000_00, 2), ApprovalBand(50_000_00, 3))
    assert vetting.approvers_required(pence, ClaimRules(bands=bands)) == people


def test_a_sample_is_the_share_that_was_asked_for_and_always_the_same() -> None:
    rules = ClaimRules(sample_percent=10, sample_seed="a")
    claims = [new_id() for _ in range(2000)]
    drawn = {each for each in claims if vetting.is_sampled(each, rules, is_first=False)}
    assert 130 < len(drawn) < 270
    assert drawn == {each for each in claims if vetting.is_sampled(each, rules, is_first=False)}
    assert drawn != {
        each for each in claims if vetting.is_sampled(each, replace(rules, sample_seed="b"), is_first=False)
    }


@pytest.mark.parametrize(("percent", "is_first", "drawn"), [(1, True, True), (0, True, False), (100, False, True)])
def test_the_first_claim_of_a_year_is_drawn_wherever_any_is(percent: int, is_first: bool, drawn: bool) -> None:
    rules = ClaimRules(sample_percent=percent, sample_seed="a")
    assert vetting.is_sampled(UUID(int=2**127), rules, is_first=is_first) is drawn


PAID = definition(total(per_session(measure="uncapped"), per_head()))
BASE = practice(facts=(session(date(2014, 4, 3), "2"), session(date(2014, 5, 3), "1")))
Q1 = Period(date(2014, 4, 1), date(2014, 7, 1))


def digest_of(given: PracticeInput) -> str:
    (live,) = evaluate(PAID, period=Q1, practices=[given], include_unconfirmed=True)
    return declaring.values_digest(given, live, is_shared=False)


def test_a_declaration_binds_what_is_counted_and_not_how_it_was_recorded() -> None:
    first, second = BASE.facts
    same = replace(BASE, facts=(second.but(confirmed=False), first.but(value=Decimal("2.00"))))
    assert digest_of(same) == digest_of(BASE)


@pytest.mark.parametrize(
    "changed",
    [
        replace(BASE, facts=BASE.facts[:1]),
        replace(BASE, facts=(BASE.facts[0], BASE.facts[1].but(value=Decimal(2)))),
        replace(BASE, facts=(BASE.facts[0], BASE.facts[1].but(on=date(2014, 5, 4)))),
        replace(BASE, lists=(replace(BASE.lists[0], registered=Decimal(8413)),)),
    ],
)
def test_whatever_moves_a_value_moves_its_digest(changed: PracticeInput) -> None:
    assert digest_of(changed) != digest_of(BASE)


def test_of_a_shared_pot_the_others_evidence_moves_nothing() -> None:
    pot = definition(pooled(rate_per="period"))
    mine, other = practice("Y00001"), practice("Y00002")

    def digest(*practices: PracticeInput) -> str:
        live = evaluate(pot, period=Q1, practices=practices, include_unconfirmed=True)[0]
        return declaring.values_digest(mine, live, is_shared=True)

    assert digest(mine, other) == digest(mine)


def test_what_is_missing_is_said_in_whole_sentences() -> None:
    gated = definition(gate(per_session(measure="uncapped")))
    given = practice(facts=(session(date(2014, 4, 3), confirmed=False),), posts=())
    confirmed, live = (
        evaluate(gated, period=Q1, practices=[given], include_unconfirmed=view)[0] for view in (False, True)
    )
    figures = ClaimFigures(confirmed, live, "0")
    needs, unconfirmed, late = declaring.missing_words(
        figures, WINDOW, is_open=True, today=WINDOW.closes_on + timedelta(days=1)
    )
    assert needs.startswith("Not paid, because the practice had no named lead on 1 April 2014")
    assert unconfirmed.startswith("1 fact named lead_session is not confirmed yet")
    assert late == "The time to declare was over on 11 August 2026."
    held = practice(facts=(session(date(2014, 4, 3)),), posts=(lead(),))
    paid = evaluate(gated, period=Q1, practices=[held])[0]
    assert declaring.missing_words(ClaimFigures(paid, paid, "0"), WINDOW, is_open=False, today=JULY) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (150_000, 120_000, "What was declared moved from £1,500.00 to £1,200.00."),
        (150_000, 150_000, "The evidence behind what was declared changed; the figure is still £1,500.00."),
        (150_000, None, "What was declared, £1,500.00, has no figure any more by the rules and evidence of today."),
    ],
)
def test_a_void_declaration_says_what_moved(before: int, after: int | None, words: str) -> None:
    assert declaring.moved_words(before, after) == words
