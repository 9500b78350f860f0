"""The outbox of the demo: mail to some addresses bounces, is throttled, is slow, or gets no answer, as it would at a server."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Final

from app.communications.adapters.eml import EmlMailer
from app.communications.ports import Outcome, Outgoing
from app.communications.values import Behaviour, of_address

SLOW_SECONDS: Final = 3.0
_WAIT: Final = timedelta(minutes=1)


class SimulatedMailer(EmlMailer):
    """Every other address is delivered to, as in the plain outbox."""

    async def send(self, messages: Sequence[Outgoing]) -> AsyncGenerator[Outcome, None]:
        for message in messages:
            yield await self._send_one(message, of_address(message.to))

    async def _send_one(self, message: Outgoing, behaviour: Behaviour) -> Outcome:
        if behaviour is Behaviour.BOUNCED:
            return Outcome(message.delivery_id, "failed_permanent", "RCPT 550 5.1.1 simulated", is_gone=True)
        if behaviour is Behaviour.THROTTLED and self._is_first_try(message):
            return Outcome(message.delivery_id, "failed_temporary", "RCPT 451 4.7.1 simulated", retry_after=_WAIT)
        if behaviour is Behaviour.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        outcome = await asyncio.to_thread(self._write, message)
        if behaviour in (Behaviour.LOST, Behaviour.GARBAGE) and outcome.state == "sent":
            return Outcome(message.delivery_id, "in_doubt", "no answer to the message: simulated")
        return outcome

    def _is_first_try(self, message: Outgoing) -> bool:
        """Told to wait once; remembered beside the mails, where no mail program looks."""
        mark = self._outbox / f".{message.delivery_id}.throttled"
        if mark.exists():
            return False
        self._outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.touch()
        return True
