"""Microsoft Teams: a card posted to the address of a Workflows webhook, which belongs to a person and dies with them."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import httpx

from app.communications.adapters.answers import NO_ANSWER, in_brief, lost, retry_after
from app.communications.ports import Outcome, Outgoing
from app.communications.rules.cards import card_message
from app.core.clock import Clock

TIMEOUT: Final = 15.0
# Deleted, turned off, its owner gone, its signature no longer good: somebody has to make another.
_BROKEN: Final = frozenset((400, 401, 403, 404, 405, 410))


class TeamsCarrier:
    """`urls` by channel, which is what a message is addressed to. Teams takes no key and cannot be asked."""

    is_repeatable = False

    def __init__(self, client: httpx.AsyncClient, urls: Mapping[str, str], *, sender: str, clock: Clock) -> None:
        self._client, self._urls, self._sender, self._clock = client, urls, sender, clock

    async def send(self, messages: Sequence[Outgoing]) -> AsyncGenerator[Outcome, None]:
        for message in messages:
            yield await self._post(message)

    async def _post(self, message: Outgoing) -> Outcome:
        body = card_message(message.subject, message.text, sender=self._sender, link=message.link)
        try:
            answer = await self._client.post(
                self._urls[message.to], content=body, headers={"Content-Type": "application/json"}, timeout=TIMEOUT
            )
        except NO_ANSWER as error:
            return lost(message, error)
        return self._judge(message, answer)

    def _judge(self, message: Outgoing, answer: httpx.Response) -> Outcome:
        status = answer.status_code
        if 200 <= status < 300:
            return Outcome(message.delivery_id, "sent", f"taken by Teams: {status}")
        # What a flow answers may quote its own address, which is a secret.
        detail = in_brief(status, answer.reason_phrase)
        if status in _BROKEN:
            return Outcome(message.delivery_id, "failed_permanent", detail, is_gone=True, is_fault=True)
        if status in (429, 503):
            wait = retry_after(answer, now=self._clock.now(), otherwise=timedelta(minutes=1))
            return Outcome(message.delivery_id, "failed_temporary", detail, retry_after=wait)
        return Outcome(message.delivery_id, "failed_permanent" if 400 <= status < 500 else "in_doubt", detail)
