"""The whole service in a storm: a short slice, and what it is drawn from. `plenary storm` plays it long."""

import json

import pytest

from app.storm.faults import FaultKind, draw_faults, faults_of
from app.storm.intents import Acknowledge, Answer, Pay, Respond, plan
from app.storm.town import Town
from app.storm.whole import Outcome, storm_whole

EVERY_FAULT = list(FaultKind)
INTENTS = 24


@pytest.mark.slow
@pytest.mark.usefixtures("own_servers")
async def test_nothing_is_lost_or_doubled_when_each_thing_breaks_once() -> None:
    heard: list[str] = []
    total = await storm_whole(EVERY_FAULT, [1], INTENTS, say=heard.append)
    assert total.is_ok, heard
    said = json.loads(heard[-1])
    assert said["faults"] == dict.fromkeys(("flush", "kill9", "postgres", "redis", "sigterm", "stop"), 1)
    assert (said["seed"], said["intents"], said["lost"], said["doubled"]) == (1, INTENTS, 0, 0)


def test_a_seed_is_the_same_every_time_and_no_other_seeds() -> None:
    assert plan(7, Town(7), 200) == plan(7, Town(7), 200) != plan(8, Town(7), 200)
    assert draw_faults(7, EVERY_FAULT, 40) == draw_faults(7, EVERY_FAULT, 40) != draw_faults(8, EVERY_FAULT, 40)


def test_an_intent_follows_from_earlier_ones_only() -> None:
    intents = plan(3, Town(3), 500)
    followed = [(n, each.of) for n, each in enumerate(intents) if isinstance(each, Acknowledge | Answer | Respond)]
    followed += [(n, each.after) for n, each in enumerate(intents) if isinstance(each, Pay) and each.after is not None]
    assert len(followed) > 100
    assert all(earlier < number for number, earlier in followed)


@pytest.mark.parametrize("number", [0, 6, 40])
def test_each_fault_happens_before_any_happens_again(number: int) -> None:
    drawn = draw_faults(1, EVERY_FAULT, number)
    assert len(drawn) == max(number, len(EVERY_FAULT))
    assert set(drawn[: len(EVERY_FAULT)]) == set(EVERY_FAULT)


def test_faults_are_named_with_commas_between_and_no_others() -> None:
    assert faults_of("kill9, redis") == [FaultKind.KILL9, FaultKind.REDIS]
    with pytest.raises(ValueError, match="thunder"):
        faults_of("kill9,thunder")


def test_work_that_lay_still_too_long_is_not_all_right() -> None:
    outcome = Outcome(1)
    outcome.struck.resumed.append(14.9)
    assert outcome.is_ok
    outcome.struck.resumed.append(15.1)
    assert not outcome.is_ok


def test_an_answer_that_no_client_should_get_is_not_all_right() -> None:
    outcome = Outcome(1)
    outcome.answers["GET /v1/practices: 500"] += 1
    assert not outcome.is_ok
