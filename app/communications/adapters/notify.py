"""GOV.UK Notify: e-mail and text messages through the commissioner's own Notify service.

Notify takes no idempotency key, but it keeps our reference (the delivery's id) and can be asked by it. So a message whose
answer was lost is looked up before it is sent again, and not before Notify can be certain.
"""

import re
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from app.communications.adapters.answers import NO_ANSWER, in_brief, json_object, lost, retry_after
from app.communications.ports import LookUpFailed, Outcome, Outgoing
from app.communications.rules.notify import NotifyKey, outcome_of_receipt
from app.communications.values import Channel
from app.core.clock import Clock

TIMEOUT: Final = 15.0
# Notify writes a message to its database before it answers; a minute is many times what that takes.
SETTLE: Final = timedelta(seconds=TIMEOUT + 60)
_UNSUBSCRIBE: Final = re.compile(r"<(https://[^>\s]{1,800})>")
# A minute's limit is over in a minute; a day's at midnight, but somebody may raise it before.
_WAITS: Final = {"RateLimitError": timedelta(minutes=1), "TooManyRequestsError": timedelta(hours=1)}


class NotifyCarrier:
    """One channel of one commissioner's Notify service. `template` shows `((body))`, and for e-mail `((subject))`."""

    is_repeatable = False

    def __init__(
        self,
        client: httpx.AsyncClient,
        key: NotifyKey,
        *,
        url: str,
        channel: Channel,
        template: UUID,
        clock: Clock,
        settle: timedelta = SETTLE,
        timeout: float = TIMEOUT,
    ) -> None:
        self._client, self._key, self._clock = client, key, clock
        self._url, self._channel, self._template = url.rstrip("/"), channel, template
        self._settle, self._timeout = settle, timeout

    @property
    def settle(self) -> timedelta:
        return self._settle

    async def send(self, messages: Sequence[Outgoing]) -> AsyncGenerator[Outcome, None]:
        """As `Mailer.send`. A refusal that would meet all of them alike is not asked for again and again."""
        closed: Outcome | None = None
        for message in messages:
            if closed is None:
                outcome = await self._send_one(message)
                closed = outcome if outcome.is_fault or outcome.retry_after else None
            else:
                outcome = Outcome(
                    message.delivery_id,
                    "failed_temporary",
                    f"not tried: {closed.detail}",
                    retry_after=closed.retry_after,
                    is_fault=closed.is_fault,
                )
            yield outcome

    async def _send_one(self, message: Outgoing) -> Outcome:
        kind = "sms" if self._channel is Channel.TEXT else "email"
        try:
            answer = await self._client.post(
                f"{self._url}/v2/notifications/{kind}",
                json=self._body(message),
                headers=self._headers(),
                timeout=self._timeout,
            )
        except NO_ANSWER as error:
            return lost(message, error)
        return self._judge(message.delivery_id, answer)

    def _body(self, message: Outgoing) -> dict[str, Any]:
        body: dict[str, Any] = {"template_id": str(self._template), "reference": str(message.delivery_id)}
        if self._channel is Channel.TEXT:
            return body | {"phone_number": message.to, "personalisation": {"body": message.text}}
        body |= {
            "email_address": message.to,
            "personalisation": {"subject": message.subject, "body": message.text},
        }
        unsubscribe = _UNSUBSCRIBE.search(message.headers.get("List-Unsubscribe", ""))
        return body | ({"one_click_unsubscribe_url": unsubscribe[1]} if unsubscribe else {})

    def _headers(self) -> dict[str, str]:
        claims = {"iss": self._key.service, "iat": int(self._clock.now().timestamp())}
        token = jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, OctKey.import_key(self._key.secret))
        return {"Authorization": f"Bearer {token}"}

    def _judge(self, delivery_id: UUID, answer: httpx.Response) -> Outcome:
        found, status = json_object(answer), answer.status_code
        error, words = _complaint(found)
        detail = in_brief(status, words)
        if status == 201 and _is_for(found, delivery_id):
            return Outcome(delivery_id, "sent", "taken by GOV.UK Notify", reference=str(found.get("id")))
        if status == 429:
            wait = retry_after(answer, now=self._clock.now(), otherwise=_WAITS.get(error, timedelta(minutes=1)))
            return Outcome(delivery_id, "failed_temporary", detail, retry_after=wait)
        if status in (401, 403, 404):
            # The key, the service or the template: every message would meet the same.
            return Outcome(delivery_id, "failed_temporary", detail, is_fault=True)
        if status == 503:
            wait = retry_after(answer, now=self._clock.now(), otherwise=timedelta(minutes=1))
            return Outcome(delivery_id, "failed_temporary", detail, retry_after=wait)
        if 400 <= status < 500:
            return Outcome(delivery_id, "failed_permanent", detail)
        # An error inside, or an answer that is none: it may have been written down before.
        return Outcome(delivery_id, "in_doubt", detail)

    async def look_up(self, deliveries: Collection[UUID]) -> Mapping[UUID, Outcome]:
        found = {}
        for delivery_id in deliveries:
            outcome = await self._look_up_one(delivery_id)
            if outcome is not None:
                found[delivery_id] = outcome
        return found

    async def _look_up_one(self, delivery_id: UUID) -> Outcome | None:
        try:
            answer = await self._client.get(
                f"{self._url}/v2/notifications",
                params={"reference": str(delivery_id)},
                headers=self._headers(),
                timeout=self._timeout,
            )
        except NO_ANSWER as error:
            raise LookUpFailed(type(error).__name__) from error
        notifications = json_object(answer).get("notifications")
        if answer.status_code != 200 or not isinstance(notifications, list):
            raise LookUpFailed(in_brief(answer.status_code, _complaint(json_object(answer))[1]))
        known = [each for each in notifications if isinstance(each, dict) and _is_for(each, delivery_id)]
        if not known:
            return None
        outcome = outcome_of_receipt(delivery_id, str(known[0].get("status")))
        return Outcome(
            delivery_id, outcome.state, outcome.detail, reference=str(known[0].get("id")), is_gone=outcome.is_gone
        )


def _is_for(found: Mapping[str, Any], delivery_id: UUID) -> bool:
    return found.get("reference") == str(delivery_id) and isinstance(found.get("id"), str)


def _complaint(found: Mapping[str, Any]) -> tuple[str, str]:
    """The first error's name, and all of them in words."""
    errors = found.get("errors")
    said = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    words = "; ".join(f"{each.get('error')}: {each.get('message')}" for each in said[:3])
    return (str(said[0].get("error")) if said else ""), words
