"""Feeds: what stands in them, who may read and offer them, and that independent readers understand them."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import feedparser
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communications.rules.feeding import atom, json_feed, latest, rss
from app.communications.values import FeedEntry, FeedKind, FeedPage
from tests.depth import examples
from tests.factories.communications import publish
from tests.factories.feed_rules import ATOM, faults_of_atom, faults_of_json, faults_of_rss
from tests.factories.organisations import make_locality
from tests.factories.queries import counted
from tests.factories.service import NOW, LivePlenary

ANY = {"If-Match": "*"}
MEETING = {
    "title": "Urgent visits",
    "purpose": "Share how <urgent> visits are handled",
    "level": "commissioner",
    "starts_at": "2026-12-03T13:00:00Z",
    "ends_at": "2026-12-03T15:00:00Z",
    "joining": "The code is 1234",
}
FORMS = [(atom, faults_of_atom), (rss, faults_of_rss), (json_feed, faults_of_json)]

instants = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
entries = st.builds(
    FeedEntry,
    id=st.uuids(),
    kind=st.sampled_from(FeedKind),
    title=st.text().map("A title {}".format),
    html=st.text(),
    markdown=st.just(""),
    path=st.uuids().map(lambda id_: f"/v1/meetings/{id_}"),
    published_at=instants,
    updated_at=instants,
)


def page_of(found: list[FeedEntry], own_url: str | None = "https://p.example/v1/feeds/zz1-news.atom") -> FeedPage:
    return FeedPage(
        id=UUID(int=7),
        title="News & notes",
        author="NHS <Somewhere>",
        base_url="https://p.example",
        own_url=own_url,
        updated_at=datetime(2026, 11, 22, tzinfo=UTC),
        entries=latest(found, 50),
    )


@pytest.mark.parametrize(("write", "faults_of"), FORMS, ids=["atom", "rss", "json"])
@examples(40)
@given(
    found=st.lists(entries, max_size=4, unique_by=lambda entry: entry.id),
    own=st.sampled_from(["https://p.example/x", None]),
)
def test_whatever_stands_in_it_a_feed_keeps_the_rules_of_its_form(
    write: Callable[[FeedPage], bytes], faults_of: Callable[[bytes], list[str]], found: list[FeedEntry], own: str | None
) -> None:
    assert faults_of(write(page_of(found, own))) == []


def test_signs_in_the_titles_of_rss_stand_as_numbers_which_most_readers_show_as_they_are() -> None:
    written = rss(page_of([]))
    assert b"<title>News &#x26; notes</title>" in written
    assert b"from NHS &#x3C;Somewhere&gt;</description>" in written


def test_the_latest_changes_come_first_and_fifty_are_enough() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    many = [
        FeedEntry(
            id=UUID(int=n),
            kind=FeedKind.MEETINGS,
            title=str(n),
            html="",
            markdown="",
            path="/",
            published_at=start,
            updated_at=start + timedelta(hours=n),
        )
        for n in range(60)
    ]
    assert [entry.title for entry in latest(many, 50)] == [str(n) for n in range(59, 9, -1)]


@dataclass
class Newsroom:
    live: LivePlenary
    tenant: str
    editor: httpx.AsyncClient
    reader: httpx.AsyncClient
    made: dict[str, Any] = field(default_factory=dict)

    async def offer(self, **members: Any) -> dict[str, Any]:
        body = {"name": "news", "title": "News", "kinds": ["announcements", "meetings", "issues"], "access": "public"}
        body |= members
        answer = await self.editor.post("/v1/feeds", json={k: v for k, v in body.items() if v is not None})
        assert answer.status_code == 201, answer.text
        self.made = answer.json()
        return self.made

    def path(self, form: str = "json") -> str:
        return f"/v1/feeds/{self.made.get('secret') or self.made['name']}.{form}"

    async def titles(self) -> list[str]:
        answer = await self.reader.get(self.path())
        assert answer.status_code == 200, answer.text
        return [item["title"] for item in answer.json()["items"]]


@pytest.fixture
async def newsroom(shared: LivePlenary) -> AsyncIterator[Newsroom]:
    tenant = await shared.fresh_tenant()
    yield Newsroom(shared, tenant, await shared.as_role("editor", tenant=tenant), shared.client(None))
    shared.clock.instant = NOW


async def test_a_public_feed_is_read_by_anybody_and_understood_by_an_independent_reader(newsroom: Newsroom) -> None:
    made = await newsroom.offer()
    assert made["name"] == f"{newsroom.tenant.lower()}-news"
    assert made["secret"] is None
    id_ = await publish(newsroom.live, newsroom.tenant, title="A & B <c>", on_intranet=True)
    lead = await newsroom.live.as_role("engagement_lead", tenant=newsroom.tenant)
    meeting = (await lead.post("/v1/meetings", json=MEETING)).json()["id"]
    for form, faults_of in (("atom", faults_of_atom), ("rss", faults_of_rss), ("json", faults_of_json)):
        answer = await newsroom.reader.get(newsroom.path(form), headers={"Origin": "https://anywhere.example"})
        assert answer.status_code == 200, answer.text
        assert faults_of(answer.content) == []
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert "last-modified" in answer.headers
        assert "1234" not in answer.text
        parsed = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
        if form == "json":
            continue
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert {entry.id for entry in parsed.entries} == {f"urn:uuid:{id_}", f"urn:uuid:{meeting}"}
        shown = next(entry for entry in parsed.entries if id_ in entry.id)
        # Of RSS nobody has said whether a title is text or markup.
        assert form == "rss" or shown.title == "A & B <c>"
        assert "<strong>10 June</strong>" in shown.description
        assert shown.link == f"{newsroom.live.settings.base_url}/v1/announcements/{id_}"


async def test_a_feed_shows_what_the_intranet_shows_everybody_and_a_localitys_what_is_its_own(
    newsroom: Newsroom,
) -> None:
    admin = await newsroom.live.as_role("commissioner_admin", tenant=newsroom.tenant)
    north, south = [await make_locality(admin, code) for code in ("NORTH", "SOUTH")]
    practice = f"{newsroom.tenant}A"[:8]
    await newsroom.live.make_practice(practice, newsroom.tenant)
    for title, members in {
        "all": {},
        "leads": {"audience": {"roles": ["named_lead"]}},
        "north": {"audience": {"localities": [north]}},
        "south": {"audience": {"localities": [south]}},
        "practice": {"audience": {"practices": [practice]}},
        "both": {"audience": {"practices": [practice], "localities": [north]}},
        "mail": {"on_intranet": False},
    }.items():
        await publish(newsroom.live, newsroom.tenant, **{"title": title, "audience": {}, "on_intranet": True} | members)
    lead = await newsroom.live.as_role("engagement_lead", tenant=newsroom.tenant)
    for title, members in {
        "meeting": {},
        "north meeting": {"level": "locality", "locality_id": north},
        "own meeting": {"level": "practice", "practice": practice},
        "over": {"starts_at": "2026-11-12T13:00:00Z", "ends_at": "2026-11-12T15:00:00Z"},
    }.items():
        assert (await lead.post("/v1/meetings", json=MEETING | {"title": title} | members)).status_code == 201
    await newsroom.offer()
    assert sorted(await newsroom.titles()) == ["all", "leads", "meeting, 3 December 2026"]
    await newsroom.offer(name="north", locality_id=north, kinds=["announcements", "meetings"])
    assert sorted(await newsroom.titles()) == [
        "all",
        "leads",
        "meeting, 3 December 2026",
        "north",
        "north meeting, 3 December 2026",
    ]


async def test_what_is_withdrawn_vanishes_and_what_changes_moves_up_under_the_same_id(newsroom: Newsroom) -> None:
    await newsroom.offer()
    lead = await newsroom.live.as_role("engagement_lead", tenant=newsroom.tenant)
    meeting = (await lead.post("/v1/meetings", json=MEETING)).json()["id"]
    newsroom.live.clock.instant += timedelta(minutes=1)
    id_ = await publish(newsroom.live, newsroom.tenant, title="News", on_intranet=True)
    before = (await newsroom.reader.get(newsroom.path())).json()["items"]
    assert [item["id"] for item in before] == [f"urn:uuid:{id_}", f"urn:uuid:{meeting}"]
    newsroom.live.clock.instant += timedelta(minutes=1)
    changed = await lead.patch(f"/v1/meetings/{meeting}", json={"title": "Later"}, headers=ANY)
    assert changed.status_code == 200, changed.text
    assert (await newsroom.editor.post(f"/v1/announcements/{id_}/withdraw")).status_code == 200
    [after] = (await newsroom.reader.get(newsroom.path())).json()["items"]
    assert (after["id"], after["title"]) == (f"urn:uuid:{meeting}", "Later, 3 December 2026")
    assert after["date_published"] == before[1]["date_published"] < after["date_modified"]


async def test_a_reader_with_a_current_copy_costs_one_look(newsroom: Newsroom) -> None:
    await newsroom.offer()
    await publish(newsroom.live, newsroom.tenant, on_intranet=True)
    first = await newsroom.reader.get(newsroom.path("atom"))
    asked = {"If-None-Match": first.headers["etag"]}
    with counted(newsroom.live) as statements:
        again = await newsroom.reader.get(newsroom.path("atom"), headers=asked)
    assert (again.status_code, again.headers["etag"], again.content) == (304, first.headers["etag"], b"")
    assert again.headers["access-control-allow-origin"] == "*"
    assert len(statements) == 1
    # Something else happened in the office: the feed is looked at, and is the same.
    admin = await newsroom.live.as_role("commissioner_admin", tenant=newsroom.tenant)
    await make_locality(admin, "WEST")
    assert (await newsroom.reader.get(newsroom.path("atom"), headers=asked)).status_code == 304
    await publish(newsroom.live, newsroom.tenant, title="More", on_intranet=True)
    assert (await newsroom.reader.get(newsroom.path("atom"), headers=asked)).status_code == 200
    # Another form of it is not what they have.
    assert (await newsroom.reader.get(newsroom.path("rss"), headers=asked)).status_code == 200


async def test_a_secret_feed_is_found_by_its_secret_alone_and_a_new_one_ends_the_old(newsroom: Newsroom) -> None:
    made = await newsroom.offer(access="secret", name=None)
    assert (made["name"], made["urls"]) == (None, None)
    old = newsroom.path("atom")
    answer = await newsroom.reader.get(old, headers={"Origin": "https://anywhere.example"})
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "access-control-allow-origin" not in answer.headers
    assert made["secret"] not in answer.text
    rotated = await newsroom.editor.post(f"/v1/feeds/{made['id']}/rotate")
    newsroom.made = rotated.json()
    assert (await newsroom.reader.get(newsroom.path("atom"))).status_code == 200
    for gone in (old, f"/v1/feeds/{made['id']}.atom", "/v1/feeds/zz1-nothing.rss", "/v1/feeds/x.xml"):
        assert (await newsroom.reader.get(gone)).status_code in (401, 404), gone
    shown = (await newsroom.editor.get(f"/v1/feeds/{made['id']}")).json()
    assert "secret" not in shown
    stored = await newsroom.live.fetch("SELECT * FROM feed", tenant=newsroom.live.tenants[newsroom.tenant])
    assert newsroom.made["secret"] not in str(stored)


async def test_offering_feeds_is_the_offices_and_a_localitys_editors_for_their_own(newsroom: Newsroom) -> None:
    admin = await newsroom.live.as_role("commissioner_admin", tenant=newsroom.tenant)
    north = await make_locality(admin, "NORTH")
    await newsroom.offer()
    secret = await newsroom.offer(access="secret", name=None)
    local = await newsroom.live.as_role("editor", tenant=newsroom.tenant, locality=north)
    body = {"name": "north", "title": "North", "kinds": ["meetings"], "access": "public"}
    assert (await local.post("/v1/feeds", json=body)).status_code == 403
    own = await local.post("/v1/feeds", json=body | {"locality_id": north})
    assert own.status_code == 201
    assert [row["title"] for row in (await local.get("/v1/feeds")).json()["data"]] == ["North"]
    assert (await local.delete(f"/v1/feeds/{secret['id']}", headers=ANY)).status_code == 404
    intranet = await newsroom.live.as_role("intranet", tenant=newsroom.tenant)
    public = (await intranet.get("/v1/feeds")).json()["data"]
    assert [row["title"] for row in public] == ["News", "North"]
    assert (await newsroom.reader.get(httpx.URL(public[0]["urls"]["atom"]).path)).status_code == 200
    taken = await newsroom.editor.post("/v1/feeds", json=body)
    assert (taken.status_code, taken.json()["code"]) == (409, "communications.feed_name_taken")
    changed = await local.patch(f"/v1/feeds/{own.json()['id']}", json={"title": "Northern"}, headers=ANY)
    assert changed.json()["title"] == "Northern"
    assert (await local.delete(f"/v1/feeds/{own.json()['id']}", headers=ANY)).status_code == 204
    assert (await newsroom.reader.get(f"/v1/feeds/{own.json()['name']}.json")).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Not A Slug"},
        {"name": "under_score"},
        {"access": "secret"},
        {"name": None},
        {"kinds": []},
        {"kinds": ["payments"]},
        {"title": "two\nlines"},
    ],
)
async def test_a_feed_that_makes_no_sense_is_refused(newsroom: Newsroom, wrong: dict[str, Any]) -> None:
    body = {"name": "news", "title": "News", "kinds": ["meetings"], "access": "public"} | wrong
    assert (await newsroom.editor.post("/v1/feeds", json=body)).status_code == 422


async def test_what_forums_said_and_offices_did_is_in_the_feed_without_names(newsroom: Newsroom) -> None:
    live, tenant = newsroom.live, newsroom.tenant
    practice = f"{tenant}A"[:8]
    await live.make_practice(practice, tenant)
    coordinator = await live.as_role("forum_coordinator", tenant=tenant)
    forum = await coordinator.post("/v1/patient-forums", json={"name": "Everybody's forum", "level": "commissioner"})
    assert forum.status_code == 201, forum.text
    issue = {
        "title": "Nobody answers at eight",
        "body": "Private words of the forum.",
        "raised_by": {"type": "forum", "id": forum.json()["id"]},
        "practices": [practice],
    }
    raised = await coordinator.post("/v1/issues", json=issue)
    assert raised.status_code == 201, raised.text
    await newsroom.offer(kinds=["issues"])
    assert await newsroom.titles() == []
    manager = await live.as_role("practice_manager", tenant=tenant, practice=practice)
    answer = {"practice": practice, "decision": "planned", "text": "Three more lines <soon>.", "due_on": "2027-01-31"}
    answered = await manager.post(f"/v1/issues/{raised.json()['id']}/responses", json=answer)
    assert answered.is_success, answered.text
    [item] = (await newsroom.reader.get(newsroom.path())).json()["items"]
    assert item["title"] == "You said, we did: Nobody answers at eight"
    assert "Planned by 31 January 2027. A practice: Three more lines &lt;soon&gt;." in item["content_html"]
    assert practice not in json.dumps(item)
    assert "Private words" not in json.dumps(item)


async def test_a_secret_feed_and_the_atom_of_an_empty_office_name_no_address_of_their_own(newsroom: Newsroom) -> None:
    await newsroom.offer(access="secret", name=None)
    root = ET.fromstring((await newsroom.reader.get(newsroom.path("atom"))).content)
    assert root.find(f"{ATOM}link") is None
    assert root.findtext(f"{ATOM}updated") == "2026-11-22T10:00:00.123Z"
