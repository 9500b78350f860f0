"""The intents of a town carried out through the public API, a few at once, and what the service has accepted of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import httpx

from app.core.clock import LONDON, SystemClock
from app.demo.calls import Caller, CallFailed
from app.storm.accepted import Accepted, Announced, Endpoint, Paid
from app.storm.intents import (
    Acknowledge,
    Announce,
    Answer,
    Intent,
    Listen,
    Offer,
    Pay,
    Prefer,
    Raise,
    Respond,
)
from app.storm.world import World

AT_ONCE: Final = 6
REPEATED: Final = 0.1
"""The share of what is sent that is sent once more with the same key: its answer has been lost, for all the client knows."""
SECONDS: Final = 120
"""How long whoever waits for something in an inbox or for a run waits for it."""

Gate = Callable[[int], Awaitable[None]]


class Load:
    def __init__(self, world: World, intents: Sequence[Intent], receivers: str) -> None:
        self.world = world
        self.intents = intents
        self.receivers = receivers
        self.accepted = Accepted()
        self.problems: list[str] = []
        self._chance = random.Random(world.town.seed)  # noqa: S311 - to be played again, not to be secret
        self._made: list[asyncio.Future[str | None]] = []

    async def play(self, gate: Gate) -> None:
        """`gate` is asked before each intent, by its number."""
        self._made = [asyncio.get_running_loop().create_future() for _ in self.intents]
        waiting = iter(range(len(self.intents)))

        async def one_after_another() -> None:
            for number in waiting:
                await gate(number)
                self._made[number].set_result(await self._carry_out(number, self.intents[number]))

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))

    async def _carry_out(self, number: int, intent: Intent) -> str | None:
        """The id of what it made; None where nothing was, which is a problem by then."""
        try:
            return await self._DOES[type(intent)](self, number, intent)
        except (CallFailed, httpx.HTTPError, TimeoutError) as error:
            self.problems.append(f"Intent {number}, {intent}: {type(error).__name__} {error}")
            return None

    async def _post(self, caller: Caller, path: str, body: dict[str, Any], **headers: str) -> Any:
        key = {"Idempotency-Key": uuid4().hex}
        answer = await caller.post(path, body, headers=headers | key)
        if self._chance.random() >= REPEATED:
            return answer
        again = await caller.post(path, body, headers=headers | key)
        # A secret is in the first answer only.
        if again | {"secret": None} != answer | {"secret": None}:
            self.problems.append(f"POST {path}: the same key was answered otherwise the second time.")
        return answer

    async def _announce(self, number: int, intent: Announce) -> str:
        title = f"No {number} of {self.world.town.code}"
        by = (self.world.today + timedelta(days=7)).isoformat() if intent.must_acknowledge else None
        wanted = {
            "title": title, "body_markdown": f"**{title}**", "urgency": intent.urgency, "channels": list(intent.channels),
            "audience": {"roles": list(intent.roles), "practices": list(intent.practices)}, "must_acknowledge_by": by,
        }  # fmt: skip
        answer = await self._post(self.world.office["editor"], "/v1/announcements", wanted)
        announcement = answer["result"]["announcement"]
        meant = self.world.town.recipients(intent.roles, intent.practices, by_mail="email" in intent.channels)
        in_inbox = "inbox" in intent.channels
        self.accepted.announced.append(Announced(announcement, meant, in_inbox, intent.must_acknowledge))
        return announcement

    async def _acknowledge(self, number: int, intent: Acknowledge) -> str | None:
        announcement, caller = await self._made[intent.of], self.world.people[intent.person]
        if announcement is None:
            return None
        async with asyncio.timeout(SECONDS):
            while True:
                waiting = await caller.every("/v1/me/inbox?to_acknowledge=true")
                found = next((each["id"] for each in waiting if each["source_id"] == announcement), None)
                if found is not None:
                    break
                await asyncio.sleep(0.3)
        await self._post(caller, f"/v1/me/inbox/{found}/acknowledge", {})
        self.accepted.acknowledged.add((announcement, intent.person))
        return found

    async def _offer(self, number: int, intent: Offer) -> str:
        scheme = self.world.offered[intent.scheme]
        wanted = {"practices": [intent.practice], "respond_by": (self.world.today + timedelta(days=30)).isoformat()}
        manager = self.world.office["scheme_manager"]
        answer = await self._post(manager, f"/v1/incentive-schemes/{scheme}/offers", wanted)
        offer = answer["offers"][0]["id"]
        self.accepted.offers[scheme, intent.practice] = offer
        return offer

    async def _answer(self, number: int, intent: Answer) -> str | None:
        offer, manager = await self._made[intent.of], self.world.town.manager(intent.practice)
        if offer is None:
            return None
        verb, state, body = "decline", "declined", dict[str, Any](reason="Nobody is free.")
        if intent.accepts:
            verb, state = "accept", "accepted"
            body = {"signatory": {"name": "Dr A Signatory", "capacity": "contract_holder"}}
        await self._decide(self.world.people[manager.name], f"/v1/offers/{offer}", verb, body)
        self.accepted.answers[offer] = state
        return offer

    async def _decide(self, caller: Caller, address: str, verb: str, body: dict[str, Any]) -> None:
        answer = await caller.send("GET", address)
        if answer.status_code != 200:
            raise CallFailed(f"GET {address}: {answer.status_code} {answer.text[:300]}")
        await self._post(caller, f"{address}/{verb}", body, **{"If-Match": answer.headers["ETag"]})

    async def _pay(self, number: int, intent: Pay) -> str | None:
        if intent.after is not None and await self._made[intent.after] is None:
            return None
        office, scheme = self.world.office, self.world.paying[intent.scheme]
        wanted = {"scheme": scheme, "period": self.world.quarter(intent.quarter)}
        operation = await self._post(office["scheme_manager"], "/v1/payment-runs", wanted)
        run = operation["result"]["payment_run"]
        await office["scheme_manager"].finished(operation, seconds=SECONDS)
        await self._decide(office["payments_approver"], f"/v1/payment-runs/{run}", "approve", {})
        await self._decide(office["payments_releaser"], f"/v1/payment-runs/{run}", "release", {})
        self.accepted.paid.append(Paid(run, scheme, intent.quarter, self.world.town.quarter()))
        return run

    async def _raise(self, number: int, intent: Raise) -> str:
        voice = {"type": "forum", "id": self.world.forum}
        wanted = {"title": f"Issue {number}", "body": "Asked.", "raised_by": voice, "practices": list(intent.practices)}
        issue = (await self._post(self.world.office["forum_coordinator"], "/v1/issues", wanted))["id"]
        self.accepted.issues[issue] = intent.practices
        return issue

    async def _respond(self, number: int, intent: Respond) -> str | None:
        issue, manager = await self._made[intent.of], self.world.town.manager(intent.practice)
        if issue is None:
            return None
        wanted = {"practice": intent.practice, "decision": "already_done", "text": "Since last year."}
        await self._post(self.world.people[manager.name], f"/v1/issues/{issue}/responses", wanted)
        self.accepted.responses.add((issue, intent.practice))
        return issue

    async def _prefer(self, number: int, intent: Prefer) -> str:
        """Digests are for the next full hour, so that a storm which passes it has them written."""
        caller = self.world.people[intent.person]
        hour = (SystemClock().now().astimezone(LONDON).hour + 1) % 24
        wanted = {"frequency": {"announcements": intent.frequency}, "digest": {"hour": hour, "weekday": 1}}
        answer = await caller.send("PUT", "/v1/me/preferences", json=wanted, headers={"If-Match": "*"})
        if answer.status_code != 200:
            raise CallFailed(f"PUT /v1/me/preferences: {answer.status_code} {answer.text[:300]}")
        return intent.person

    async def _listen(self, number: int, intent: Listen) -> str:
        path = f"/{self.world.town.code}/{number}{'-refuses' if intent.refuses else ''}"
        wanted = {"url": self.receivers + path, "events": ["*"], "signing": intent.signing}
        admin = self.world.office["commissioner_admin"]
        endpoint = (await self._post(admin, "/v1/webhook-endpoints", wanted))["id"]
        cursor = (await admin.get("/v1/changes?limit=1"))["next_cursor"]
        self.accepted.endpoints.append(Endpoint(endpoint, path, cursor))
        return endpoint

    _DOES: Final[dict[type, Callable[..., Awaitable[str | None]]]] = {
        Announce: _announce,
        Acknowledge: _acknowledge,
        Offer: _offer,
        Answer: _answer,
        Pay: _pay,
        Raise: _raise,
        Respond: _respond,
        Prefer: _prefer,
        Listen: _listen,
    }
