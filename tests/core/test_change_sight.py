"""The change feed tells nobody of what they may not see, and says when their sight has changed."""

from dataclasses import dataclass
from typing import Any, ClassVar

import httpx
import pytest

from app.core.db import Tx
from app.core.events import Event, Resource, emit
from app.schemes.events import CLAIM
from tests.factories.claims import Claiming
from tests.factories.communications import give_post, publish
from tests.factories.organisations import make_locality, place
from tests.factories.service import LivePlenary

MEETING = {
    "title": "Urgent visits",
    "purpose": "Share how urgent visits are handled",
    "starts_at": "2026-12-03T13:00:00Z",
    "ends_at": "2026-12-03T15:00:00Z",
}


@dataclass
class Follower:
    client: httpx.AsyncClient
    cursor: str

    @classmethod
    async def of(cls, client: httpx.AsyncClient) -> "Follower":
        return cls(client, (await client.get("/v1/changes")).json()["next_cursor"])

    async def told(self, kind: str) -> list[tuple[str, bool]]:
        answer = await self.client.get("/v1/changes", params={"cursor": self.cursor, "kinds": kind, "count": "exact"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] == len(answer.json()["data"])
        return [(change["id"], change["removed"]) for change in answer.json()["data"]]


async def follow(live: LivePlenary, role: str, **options: Any) -> Follower:
    return await Follower.of(await live.as_role(role, **options))


async def test_a_practice_is_told_of_its_own_claims_alone(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    own = await follow(shared, "practice_member", tenant=claiming.tenant, practice=claiming.practice)
    other = await follow(shared, "practice_member", tenant=claiming.tenant, practice="ZZOTHER")
    auditor = await follow(shared, "auditor", tenant=claiming.tenant)
    assert (await claiming.open()).status_code == 201
    claim = claiming.claim.rpartition("/")[2]
    assert await own.told("claim") == await auditor.told("claim") == [(claim, False)]
    assert await other.told("claim") == []


@dataclass
class Divided:
    live: LivePlenary
    tenant: str
    practices: tuple[str, str]
    north: str
    south: str
    admin: httpx.AsyncClient

    async def as_role(self, role: str, **options: Any) -> httpx.AsyncClient:
        return await self.live.as_role(role, tenant=self.tenant, **options)

    async def follow(self, role: str, **options: Any) -> Follower:
        return await follow(self.live, role, tenant=self.tenant, **options)


@pytest.fixture
async def divided(shared: LivePlenary) -> Divided:
    """One practice in the North, one in the South."""
    tenant = await shared.fresh_tenant()
    practices = (f"{tenant}A"[:8], f"{tenant}B"[:8])
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    areas: list[str] = []
    for code, practice in zip(("NORTH", "SOUTH"), practices, strict=True):
        await shared.make_practice(practice, tenant)
        areas.append(await make_locality(admin, code))
        assert (await place(admin, areas[-1], practice, from_="2026-04-01")).is_success
    return Divided(shared, tenant, practices, areas[0], areas[1], admin)


async def test_meetings_of_a_practice_or_a_locality_are_told_to_those_who_see_them(divided: Divided) -> None:
    office = await divided.as_role("engagement_lead")
    ours = await divided.follow("practice_member", practice=divided.practices[0])
    others = await divided.follow("practice_member", practice=divided.practices[1])
    intranet = await divided.follow("intranet")
    planned: dict[str, str] = {}
    for name, members in (
        ("all", {"level": "commissioner"}),
        ("north", {"level": "locality", "locality_id": divided.north}),
        ("own", {"level": "practice", "practice": divided.practices[0]}),
    ):
        answer = await office.post("/v1/meetings", json=MEETING | members)
        assert answer.status_code == 201, answer.text
        planned[name] = answer.json()["id"]
    assert await ours.told("meeting") == [(id_, False) for id_ in planned.values()]
    assert await others.told("meeting") == [(planned["all"], False)]
    assert await intranet.told("meeting") == [(planned["all"], False), (planned["north"], False)]


async def test_an_announcement_to_a_locality_is_told_there_and_taken_back_there(divided: Divided) -> None:
    north = await divided.follow("intranet", locality=divided.north)
    south = await divided.follow("intranet", locality=divided.south)
    office = await divided.follow("editor")
    id_ = await publish(divided.live, divided.tenant, audience={"localities": [divided.north]}, on_intranet=True)
    assert await north.told("announcement") == [(id_, False)]
    editor = await divided.as_role("editor")
    assert (await editor.post(f"/v1/announcements/{id_}/withdraw")).status_code == 200
    assert await north.told("announcement") == [(id_, False), (id_, True)]
    assert await south.told("announcement") == []
    assert (await office.told("announcement"))[-1] == (id_, False)


async def test_an_announcement_off_the_intranet_is_told_once_its_recipients_may_read_it(divided: Divided) -> None:
    person = await divided.live.make_person("Ann Lead", tenant=divided.tenant)
    await give_post(divided.live, divided.tenant, person, "named_lead", practice=divided.practices[0])
    lead = await divided.follow("practice_lead", practice=divided.practices[0], person=person)
    other = await divided.follow("practice_lead", practice=divided.practices[1])
    intranet = await divided.follow("intranet")
    id_ = await publish(divided.live, divided.tenant, audience={"practices": [divided.practices[0]]})
    assert await lead.told("announcement") == [(id_, False)]
    assert (await lead.client.get(f"/v1/announcements/{id_}")).status_code == 200
    assert await other.told("announcement") == await intranet.told("announcement") == []


async def test_a_practice_that_leaves_a_locality_sends_its_followers_back_to_the_start(divided: Divided) -> None:
    lead = await divided.follow("engagement_lead", locality=divided.north)
    untouched = await divided.follow("practice_member", practice=divided.practices[1])
    path = f"/v1/localities/{divided.north}/practices/{divided.practices[0]}"
    ended = await divided.admin.put(path, json={"from": "2026-04-01", "until": "2026-11-01"}, headers={"If-Match": "*"})
    assert ended.is_success, ended.text
    answer = await lead.client.get("/v1/changes", params={"cursor": lead.cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor.expired")
    assert (await lead.client.get("/v1/changes", params={"cursor": lead.cursor, "kinds": "practice"})).is_success
    assert (await untouched.client.get("/v1/changes", params={"cursor": untouched.cursor})).status_code == 200


class Whispered(Event):
    name: ClassVar[str] = "tests.whispered"
    resource: ClassVar[Resource | None] = CLAIM


async def test_an_event_of_a_bounded_kind_that_concerns_nobody_by_oversight_is_a_mistake(db: Tx) -> None:
    with pytest.raises(RuntimeError, match="does not say whom it concerns"):
        emit(db, Whispered(subject="x"))
