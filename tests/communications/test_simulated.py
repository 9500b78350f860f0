"""The addresses that make the demo's outbox behave like a mail server with a bad day."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.communications.adapters import simulated
from app.communications.adapters.simulated import SimulatedMailer
from app.communications.values import Behaviour, of_address, of_number, of_path
from tests.factories.mail import SENDER, outgoing
from tests.fakes.clock import MovingClock


@pytest.mark.parametrize(
    ("behaviour", "state", "again"),
    [
        (Behaviour.DELIVERED, "sent", "sent"),
        (Behaviour.BOUNCED, "failed_permanent", "failed_permanent"),
        (Behaviour.THROTTLED, "failed_temporary", "sent"),
        (Behaviour.SLOW, "sent", "sent"),
        (Behaviour.LOST, "in_doubt", "in_doubt"),
        (Behaviour.GARBAGE, "in_doubt", "in_doubt"),
    ],
)
async def test_each_address_behaves_as_it_says(
    tmp_path: Path, outcomes_of, monkeypatch, behaviour, state, again
) -> None:
    monkeypatch.setattr(simulated, "SLOW_SECONDS", 0.0)
    mailer = SimulatedMailer(tmp_path / "outbox", sender=SENDER, clock=MovingClock())
    message = outgoing(to=f"simulate-{behaviour}@practice.example")
    [first] = await outcomes_of(mailer, [message])
    [second] = await outcomes_of(mailer, [message])
    assert (first.state, second.state) == (state, again)
    assert first.is_gone == (behaviour is Behaviour.BOUNCED)
    assert first.retry_after == (timedelta(minutes=1) if behaviour is Behaviour.THROTTLED else None)
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == (behaviour is not Behaviour.BOUNCED)


def test_addresses_numbers_and_paths_name_the_same_behaviours() -> None:
    assert of_address("Simulate-Bounced+x@a.example") == of_number("+447700900001") == Behaviour.BOUNCED
    assert of_path("/teams/bounced-office") == Behaviour.BOUNCED
    for ordinary in ("ann@a.example", "simulate-nothing@a.example", "not-simulate-bounced@a.example"):
        assert of_address(ordinary) == Behaviour.DELIVERED
    assert of_number("+447700900123") == of_path("/teams/office") == Behaviour.DELIVERED
