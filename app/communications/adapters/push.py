"""Web push: a sealed notification to each browser of a person, at the push service of the browser's maker."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from app.communications.adapters.answers import NO_ANSWER, in_brief, lost, retry_after
from app.communications.ports import Outcome, Outgoing
from app.communications.rules.push import SALT_BYTES, public_key, seal, signing_key
from app.communications.values import Browser
from app.core.clock import Clock

TIMEOUT: Final = 15.0
# RFC 8292 allows a day.
_SIGNED_FOR: Final = timedelta(hours=12)
_GONE: Final = frozenset((404, 410))


class PushCarrier:
    """`browsers` by person, which is what a message is addressed to; `contact` is whom a push service may write to.

    A push service takes no key and cannot be asked, but what is sent twice has the same topic and tag, so that a browser
    shows it once.
    """

    is_repeatable = False

    def __init__(
        self, client: httpx.AsyncClient, browsers: Mapping[str, Sequence[Browser]], *, contact: str, clock: Clock
    ) -> None:
        self._client, self._browsers, self._contact, self._clock = client, browsers, contact, clock
        self._gone: set[UUID] = set()

    async def send(self, messages: Sequence[Outgoing]) -> AsyncGenerator[Outcome, None]:
        """As `Mailer.send`."""
        for message in messages:
            browsers = [each for each in self._browsers.get(message.to, ()) if each.id not in self._gone]
            # At once: whoever named push services that dawdle keeps the others of a batch waiting no longer than one would.
            yield _of_all(message, await asyncio.gather(*(self._push(message, each) for each in browsers)))

    async def _push(self, message: Outgoing, browser: Browser) -> Outcome:
        body = seal(
            message.text.encode(),
            p256dh=browser.p256dh,
            auth=browser.auth,
            salt=os.urandom(SALT_BYTES),
            ephemeral=ec.generate_private_key(ec.SECP256R1()),
        )
        sent = {"Content-Type": "application/octet-stream", "Content-Encoding": "aes128gcm"}
        try:
            answer = await self._client.post(
                browser.endpoint,
                content=body,
                headers={**message.headers, **sent, "Authorization": self._signature(browser)},
                timeout=TIMEOUT,
            )
        except NO_ANSWER as error:
            return lost(message, error)
        return self._judge(message, browser, answer)

    def _signature(self, browser: Browser) -> str:
        url = httpx.URL(browser.endpoint)
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        until = int((self._clock.now() + _SIGNED_FOR).timestamp())
        claims = {"aud": origin, "exp": until, "sub": self._contact}
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(signing_key(browser.signs)))
        return f"vapid t={token}, k={public_key(browser.signs)}"

    def _judge(self, message: Outgoing, browser: Browser, answer: httpx.Response) -> Outcome:
        status = answer.status_code
        if 200 <= status < 300:
            return Outcome(message.delivery_id, "sent", f"taken by a push service: {status}")
        # What is answered may quote the address, which is a secret.
        detail = in_brief(status, answer.reason_phrase)
        if status in _GONE:
            self._gone.add(browser.id)
            return Outcome(message.delivery_id, "failed_permanent", detail, gone=(browser.id,))
        if status in (429, 503):
            wait = retry_after(answer, now=self._clock.now(), otherwise=timedelta(minutes=1))
            return Outcome(message.delivery_id, "failed_temporary", detail, retry_after=wait)
        return Outcome(message.delivery_id, "failed_permanent" if 400 <= status < 500 else "in_doubt", detail)


_BEST_FIRST: Final = ("sent", "in_doubt", "failed_temporary", "failed_permanent")


def _of_all(message: Outgoing, found: Sequence[Outcome]) -> Outcome:
    """What became of it for the person: one browser that has it is enough."""
    if not found:
        return Outcome(message.delivery_id, "failed_permanent", "no browser is subscribed any more")
    best = min(found, key=lambda outcome: _BEST_FIRST.index(outcome.state))
    return replace(best, gone=tuple(browser for outcome in found for browser in outcome.gone))
