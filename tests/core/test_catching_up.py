"""Whoever follows the change feed holds in the end what a fresh reading gives, whatever was written meanwhile and by how many."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.depth import DEEP
from tests.factories.communications import announcement, give_post
from tests.factories.organisations import make_locality, place
from tests.factories.phone import LISTS, Phone, read_afresh
from tests.factories.service import LivePlenary

SEEDS = range(200) if DEEP else range(2)
MEETING = {
    "title": "Urgent visits",
    "purpose": "Share how urgent visits are handled",
    "starts_at": "2026-12-03T13:00:00Z",
    "ends_at": "2026-12-03T15:00:00Z",
}


@dataclass
class Town:
    """Two localities with a practice each, the people who write, and what they have made."""

    live: LivePlenary
    tenant: str
    practices: tuple[str, str]
    localities: list[str]
    clients: dict[str, httpx.AsyncClient]
    announcements: list[str] = field(default_factory=list)
    meetings: list[str] = field(default_factory=list)

    @classmethod
    async def build(cls, live: LivePlenary) -> "Town":
        tenant = await live.fresh_tenant()
        practices = (f"{tenant}A"[:8], f"{tenant}B"[:8])
        roles = ("commissioner_admin", "engagement_lead", "editor")
        clients = {role: await live.as_role(role, tenant=tenant) for role in roles}
        localities: list[str] = []
        for code, practice in zip(("NORTH", "SOUTH"), practices, strict=True):
            await live.make_practice(practice, tenant)
            localities.append(await make_locality(clients["commissioner_admin"], code))
            assert (await place(clients["commissioner_admin"], localities[-1], practice, from_="2026-04-01")).is_success
        return cls(live, tenant, practices, localities, clients)

    async def readers(self, rng: random.Random) -> list[Phone]:
        person = await self.live.make_person("Ann Lead", tenant=self.tenant)
        await give_post(self.live, self.tenant, person, "named_lead", practice=self.practices[0])
        live, tenant = self.live, self.tenant
        clients = [
            await live.as_role("practice_lead", tenant=tenant, practice=self.practices[0], person=person),
            await live.as_role("intranet", tenant=tenant, locality=self.localities[1]),
            await live.as_role("scheme_manager", tenant=tenant),
        ]
        phones = [Phone(client, rng) for client in clients]
        for phone in phones:
            await phone.start()
        return phones

    async def change_something(self, rng: random.Random) -> None:
        """One of the things that offices do all day."""
        verbs = (self._announce, self._withdraw, self._plan, self._move, self._rename)
        await rng.choice(verbs)(rng)

    async def _announce(self, rng: random.Random) -> None:
        audience: dict[str, Any] = rng.choice(
            ({}, {"localities": [rng.choice(self.localities)]}, {"practices": [rng.choice(self.practices)]})
        )
        body = announcement(audience=audience, on_intranet=rng.random() < 0.6)
        answer = await self.clients["editor"].post("/v1/announcements", json=body)
        assert answer.status_code == 202, answer.text
        self.announcements.append(answer.json()["result"]["announcement"])

    async def _withdraw(self, rng: random.Random) -> None:
        if self.announcements:
            path = f"/v1/announcements/{rng.choice(self.announcements)}/withdraw"
            assert (await self.clients["editor"].post(path)).status_code == 200

    async def _plan(self, rng: random.Random) -> None:
        level: dict[str, Any] = rng.choice(
            (
                {"level": "commissioner"},
                {"level": "locality", "locality_id": rng.choice(self.localities)},
                {"level": "practice", "practice": rng.choice(self.practices)},
            )
        )
        answer = await self.clients["engagement_lead"].post("/v1/meetings", json=MEETING | level)
        assert answer.status_code == 201, answer.text
        self.meetings.append(answer.json()["id"])

    async def _move(self, rng: random.Random) -> None:
        if self.meetings:
            path, body = f"/v1/meetings/{rng.choice(self.meetings)}", {"title": f"Visits {rng.random()}"}
            answer = await self.clients["engagement_lead"].patch(path, json=body, headers={"If-Match": "*"})
            assert answer.status_code == 200, answer.text

    async def _rename(self, rng: random.Random) -> None:
        path, body = f"/v1/localities/{rng.choice(self.localities)}", {"name": f"Place {rng.random()}"}
        answer = await self.clients["commissioner_admin"].patch(path, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text


async def write(town: Town, rng: random.Random, changes: int) -> None:
    for _ in range(changes):
        await town.change_something(rng)
        await asyncio.sleep(0)


async def read_now_and_then(phone: Phone, rng: random.Random, done: asyncio.Event) -> None:
    while not done.is_set():
        if rng.random() < 0.5:
            await phone.read_a_page()
        await asyncio.sleep(rng.random() / 100)


@pytest.mark.parametrize("seed", SEEDS)
async def test_followers_hold_what_a_fresh_reading_gives(shared: LivePlenary, seed: int) -> None:
    rng, town, done = random.Random(seed), await Town.build(shared), asyncio.Event()
    phones = await town.readers(rng)
    reading = [asyncio.create_task(read_now_and_then(phone, rng, done)) for phone in phones]
    await asyncio.gather(*(write(town, rng, 6) for _ in range(3)))
    await shared.work()
    done.set()
    await asyncio.gather(*reading)
    for phone in phones:
        await phone.catch_up()
        assert phone.copies == await read_afresh(phone.client)
        assert phone.resyncs == 0


async def test_eight_writers_at_once_lose_nothing_and_double_nothing(shared: LivePlenary) -> None:
    town, rng, done = await Town.build(shared), random.Random(8), asyncio.Event()
    [*_, office] = await town.readers(rng)
    known = await shared.fetch("SELECT max(change_number) FROM event", tenant=shared.tenants[town.tenant])
    reading = asyncio.create_task(read_now_and_then(office, rng, done))
    await asyncio.gather(*(write(town, random.Random(writer), 6) for writer in range(8)))
    done.set()
    await reading
    await office.catch_up()
    # The office is told of everything.
    sql = "SELECT change_number, resource, subject, removed FROM event WHERE change_number > $1 AND resource = ANY($2)"
    written = await shared.fetch(sql, known[0][0], list(LISTS), tenant=shared.tenants[town.tenant])
    assert Counter(office.told) == Counter(tuple(row) for row in written)
    assert len(written) > 20
    assert office.told == sorted(office.told, key=lambda change: change[0])


async def test_a_phone_that_was_away_too_long_starts_again_and_holds_everything(shared: LivePlenary) -> None:
    town, rng = await Town.build(shared), random.Random(30)
    phone, *_ = await town.readers(rng)
    await write(town, rng, 10)
    await shared.execute("DELETE FROM event WHERE change_number < 10", tenant=shared.tenants[town.tenant])
    await write(town, rng, 5)
    await shared.work()
    await phone.catch_up()
    assert phone.resyncs == 1
    assert phone.copies == await read_afresh(phone.client)
