"""What becomes of a delivery after a try, and when it is tried again."""

from datetime import timedelta
from typing import Final

from app.communications.ports import Outcome
from app.communications.values import DeliveryState, Letter, Topic, Urgency

MAX_ATTEMPTS: Final = 10
MAX_DOUBTS: Final = 1
"""How often a message may go once more after its server gave no answer."""
MAX_LOST: Final = 3
"""How often it may go once more after the worker that sent it ended: that says nothing about the server, unless it is
the message that ends the workers.
"""
BATCH_SIZE: Final = 200
FOR_MANY: Final = frozenset({Topic.ANNOUNCEMENTS, Topic.NEWSLETTERS})


def queue_of(letter: Letter) -> str:
    """What goes to many and is routine takes its time; what somebody waits for never stands behind it."""
    is_for_many = letter.practice is None and letter.topic in FOR_MANY
    return "bulk" if is_for_many and letter.urgency is Urgency.ROUTINE else "notifications"


def state_after(outcome: Outcome, *, doubts: int, can_ask: bool = False) -> tuple[DeliveryState, int]:
    """The delivery's state and its doubts after a try.

    A message that may have arrived is sent once more under the same Message-ID, so that none is lost and a receiver can
    drop the second copy. If nobody answers again, a person has to look; where the provider can be asked (`can_ask`), it
    is, before each try, as long as there are tries.
    """
    if outcome.state == "sent":
        return DeliveryState.SENT, doubts
    if outcome.state == "failed_permanent":
        return DeliveryState.FAILED, doubts
    if outcome.state == "failed_temporary":
        return DeliveryState.QUEUED, doubts
    is_over = doubts >= MAX_DOUBTS and not can_ask
    return (DeliveryState.IN_DOUBT if is_over else DeliveryState.QUEUED), doubts + 1


def wait_before(attempt: int) -> timedelta:
    """How long a batch waits before its next try: half a minute, doubled each time, at most half an hour.

    30 seconds before the second try, 60 before the third, 16 minutes before the seventh, and 30 from the eighth on: the
    ten tries of a batch take two hours. The figures are ours: a mail server that is restarted is back after the first
    few, and a queue that greylists (RFC 6647) asks for a wait of minutes, not of days.
    """
    return timedelta(seconds=min(30 * 2 ** max(attempt - 1, 0), 1800))


def is_bounce(outcome: Outcome) -> bool:
    """The mailbox itself was refused for good; other refusals are about the message or about us."""
    return outcome.state == "failed_permanent" and outcome.is_gone


def awaits_receipt(state: DeliveryState, *, doubts: int) -> bool:
    """Whether what is heard of a message may still say how it ended: it has gone, or may have."""
    return state in (DeliveryState.SENT, DeliveryState.IN_DOUBT) or (state is DeliveryState.QUEUED and doubts > 0)
