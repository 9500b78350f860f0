"""Channels in Teams: what is posted there, and what happens when the flow behind one is gone."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from app.communications.rules.cards import MOST_BYTES, card_message
from app.core.ids import new_id
from app.demo.simulators import Providers
from tests.factories.communications import announce
from tests.factories.jobs import job_rows
from tests.factories.organisations import make_locality
from tests.factories.service import LivePlenary
from tests.factories.serving import on_a_port

POST = "communications.post_to_teams"
URL = "https://prod-1.uksouth.logic.azure.com/workflows/0123/triggers/manual/paths/invoke?sig=secret"


@dataclass
class Teams:
    live: LivePlenary
    tenant: str
    provider: Providers
    url: str

    async def add(self, name: str, **body: Any) -> dict[str, Any]:
        admin = await self.live.as_role("commissioner_admin", tenant=self.tenant)
        whole = {"name": name, "url": f"{self.url}/teams/{name}"} | body
        answer = await admin.post("/v1/teams-channels", json=whole)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def shown(self, channel: dict[str, Any]) -> dict[str, Any]:
        admin = await self.live.as_role("commissioner_admin", tenant=self.tenant)
        return (await admin.get(f"/v1/teams-channels/{channel['id']}")).json()

    async def tell(self, **changes: Any) -> None:
        await announce(self.live, self.tenant, **({"on_intranet": True, "audience": {}} | changes))
        await self.live.work()

    @property
    def cards(self) -> list[tuple[str, Any]]:
        """(channel, the card's body)"""
        bodies = [(each.to.rpartition("/")[2], json.loads(each.body)) for each in self.provider.taken]
        return [(name, body["attachments"][0]["content"]["body"]) for name, body in bodies]


@pytest.fixture
async def teams(shared: LivePlenary) -> AsyncIterator[Teams]:
    tenant = await shared.fresh_tenant()
    provider = Providers(wait=300)
    async with on_a_port(provider.application()) as url:
        shared.tools.settings = shared.settings.model_copy(update={"outside_networks": "127.0.0.0/8"})
        yield Teams(shared, tenant, provider, url)
        shared.tools.settings = shared.settings


async def test_what_the_intranet_shows_is_posted_once_to_each_channel_of_its_places(teams: Teams) -> None:
    admin = await teams.live.as_role("commissioner_admin", tenant=teams.tenant)
    made = [await admin.post("/v1/localities", json={"code": code, "name": code}) for code in ("north", "south")]
    north, south = (answer.json()["id"] for answer in made)
    for name, locality in (("all", None), ("north", north), ("south", south)):
        await teams.add(name, locality_id=locality)
    await teams.tell(title="To the north", audience={"localities": [north]})
    await teams.tell(title="Not for the intranet", on_intranet=False)
    assert sorted((name, body[0]["text"]) for name, body in teams.cards) == [
        ("all", "To the north"),
        ("north", "To the north"),
    ]
    assert teams.cards[0][1][1]["text"].strip() == "The afternoon of 10 June is protected."


async def test_what_is_for_some_practices_or_networks_is_posted_to_no_locality(teams: Teams) -> None:
    live, tenant = teams.live, teams.tenant
    practice = f"{tenant}A"
    await live.make_practice(practice, tenant)
    await live.platform.execute(
        "INSERT INTO register_network_membership (id, practice, network, valid_from, as_at, recorded_at)"
        " VALUES ($1, $2, $3, $4, $4, now())",
        new_id(),
        practice,
        f"U{tenant}",
        date(2026, 4, 1),
    )
    north = await make_locality(await live.as_role("commissioner_admin", tenant=tenant), "north")
    await teams.add("all")
    await teams.add("north", locality_id=north)
    for audience in ({"practices": [practice]}, {"networks": [f"U{tenant}"]}):
        await teams.tell(audience=audience)
    assert [name for name, _ in teams.cards] == ["all", "all"]


async def test_a_flow_that_is_gone_breaks_the_channel_until_it_has_another_address(teams: Teams) -> None:
    channel = await teams.add("bounced")
    await teams.tell()
    assert (await teams.shown(channel))["state"] == "broken"
    assert (await teams.shown(channel))["fault"] == "404 Not Found"
    await teams.tell()
    assert teams.provider.calls == 1
    admin = await teams.live.as_role("commissioner_admin", tenant=teams.tenant)
    body = {"url": f"{teams.url}/teams/delivered"}
    answer = await admin.patch(f"/v1/teams-channels/{channel['id']}", json=body, headers={"If-Match": "*"})
    assert (answer.json()["state"], answer.json()["fault"]) == ("active", None)
    await teams.tell()
    assert len(teams.cards) == 1


async def test_throttled_is_posted_again_when_teams_said_and_a_lost_answer_once_more(teams: Teams) -> None:
    await teams.add("throttled")
    await teams.tell()
    first, second = await job_rows(teams.live, POST, teams.tenant)
    assert (first["state"], second["state"], teams.cards) == ("done", "queued", [])
    assert 299 <= (second["run_at"] - first["finished_at"]).total_seconds() < 330
    await teams.live.execute("UPDATE job SET run_at = now()", tenant=teams.live.tenants[teams.tenant])
    await teams.live.work()
    assert len(teams.cards) == 1
    await teams.add("lost")
    await teams.tell()
    for _ in range(3):
        await teams.live.execute("UPDATE job SET run_at = now()", tenant=teams.live.tenants[teams.tenant])
        await teams.live.work()
    assert [name for name, _ in teams.cards].count("lost") == 2
    assert {job["state"] for job in await job_rows(teams.live, POST, teams.tenant)} == {"done"}


@pytest.mark.parametrize(("lost", "cards"), [(1, 2), (2, 1)])
async def test_after_workers_that_ended_a_card_is_posted_once_more_and_not_again(
    teams: Teams, lost: int, cards: int
) -> None:
    await teams.add("delivered")
    await teams.tell()
    await teams.live.execute(
        "UPDATE job SET state = 'queued', attempts = $1, finished_at = NULL WHERE kind = $2",
        lost,
        POST,
        tenant=teams.live.tenants[teams.tenant],
    )
    await teams.live.work()
    assert len(teams.cards) == cards


async def test_the_address_is_sealed_and_never_shown(teams: Teams) -> None:
    channel = await teams.add("delivered", url=URL)
    admin = await teams.live.as_role("commissioner_admin", tenant=teams.tenant)
    assert "logic.azure" not in (await admin.get("/v1/teams-channels")).text
    [row] = await teams.live.fetch("SELECT * FROM teams_channel", tenant=teams.live.tenants[teams.tenant])
    assert "logic.azure" not in str(dict(row))
    taken = await admin.post("/v1/teams-channels", json={"name": channel["name"], "url": URL})
    assert (taken.status_code, taken.json()["code"]) == (409, "communications.teams_channel_name_taken")
    for url in ("ftp://x.example/", "https://user:pass@x.example/", "no address", "https://2130706433/"):
        assert (await admin.post("/v1/teams-channels", json={"name": "x", "url": url})).status_code == 422


async def test_an_address_inside_is_never_called(teams: Teams) -> None:
    teams.live.tools.settings = teams.live.settings
    await teams.add("inside", url="https://127.0.0.1/teams/inside")
    await teams.tell()
    assert teams.provider.calls == 0


@pytest.mark.parametrize("text", ["short", "é" * 40_000, '"\\' * 20_000, "😀" * 9_000])
def test_no_card_is_larger_than_teams_takes(text: str) -> None:
    body = card_message("Title", text, sender="NHS ZZ1", link="https://plenary.example/x")
    assert len(body) <= MOST_BYTES
    message = json.loads(body)
    assert (message["type"], message["attachments"][0]["content"]["type"]) == ("message", "AdaptiveCard")
    assert message["attachments"][0]["content"]["body"][1]["text"].startswith(text[:100])
