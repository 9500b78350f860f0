"""From what was posted to a newsletter: drafted, ordered, looked at, scheduled, sent once, kept."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.communications.rules.newsletters import as_markdown, collect, compose
from app.communications.rules.rendering import render_markdown
from app.communications.values import FeedEntry, FeedKind, Item
from tests.factories.communications import delivery_rows, give_post, mail_of, publish, told
from tests.factories.organisations import make_locality, place
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}
MEETING = {
    "title": "Urgent visits",
    "purpose": "Share how urgent visits are handled",
    "level": "commissioner",
    "starts_at": "2026-12-03T13:00:00Z",
    "ends_at": "2026-12-03T15:00:00Z",
}
START = datetime(2026, 11, 1, tzinfo=UTC)


def entry(number: int, kind: FeedKind = FeedKind.ANNOUNCEMENTS, *, days: int = 0) -> FeedEntry:
    at = START + timedelta(days=days)
    return FeedEntry(
        id=UUID(int=number),
        kind=kind,
        title=f"Title {number}",
        html="",
        markdown=f"Words {number}",
        path="/",
        published_at=at,
        updated_at=at,
    )


def test_a_draft_takes_the_period_kind_by_kind_and_the_meetings_to_come() -> None:
    entries = [
        entry(1, days=1),
        entry(2, days=9),
        entry(3, days=2),
        entry(4, FeedKind.MEETINGS, days=-90),
        entry(5, FeedKind.ISSUES, days=3),
        entry(6, FeedKind.NEWSLETTERS, days=3),
        entry(1, days=1),
    ]
    found = collect(entries, since=START, until=START + timedelta(days=7), limit=50)
    assert [item.id.int for item in found] == [3, 1, 4, 5]


def test_an_edition_has_the_editors_order_and_leaves_out_what_is_gone() -> None:
    items = [Item(FeedKind.ANNOUNCEMENTS, UUID(int=number), "") for number in (2, 7, 1)]
    found = compose("Dear all,", items, [entry(1), entry(2), entry(3)])
    assert [item.id.int for item in found.items] == [2, 1]
    assert found.text.split("\n\n") == ["Dear all,", "Title 2", "Words 2", "Title 1", "Words 1"]


def test_words_of_others_hold_no_signs() -> None:
    assert render_markdown(as_markdown("# *Not* a [link](https://x.example)\n1. no list <b>")).text == (
        "# *Not* a [link](https://x.example) 1. no list <b>"
    )


@dataclass
class Press:
    """Two localities with a practice and a lead each, and a lead without a practice's locality."""

    live: LivePlenary
    tenant: str
    editor: httpx.AsyncClient
    north: str
    south: str
    practices: tuple[str, str, str]

    async def draft(self, **members: Any) -> dict[str, Any]:
        body = {"title": "November", "intro_markdown": "Dear all,", "localities": [self.north, self.south]} | members
        answer = await self.editor.post("/v1/newsletters", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def send(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.editor.post(f"{path}/schedule", json=body)
        assert answer.status_code == 200, answer.text
        await self.live.work()
        return (await self.editor.get(path)).json()

    async def mails(self) -> dict[str, str]:
        """The text that each was sent."""
        rows = await told(self.live, self.tenant, "newsletter")
        return {row["name"]: mail_of(self.live, row)[1] for row in rows if row["state"] == "sent"}


@pytest.fixture
async def press(shared: LivePlenary) -> Press:
    tenant = await shared.fresh_tenant()
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    practices = (f"{tenant}A"[:8], f"{tenant}B"[:8], f"{tenant}C"[:8])
    localities = [await make_locality(admin, code) for code in ("NORTH", "SOUTH")]
    for number, (name, practice) in enumerate(zip(("Ann", "Bob", "Cat"), practices, strict=True)):
        await shared.make_practice(practice, tenant)
        if number < len(localities):
            assert (await place(admin, localities[number], practice, from_="2026-04-01")).is_success
        person = await shared.make_person(name, tenant=tenant, email=f"{name.lower()}@{tenant.lower()}.example")
        await give_post(shared, tenant, person, "named_lead", practice=practice)
    editor = await shared.as_role("editor", tenant=tenant)
    return Press(shared, tenant, editor, localities[0], localities[1], practices)


async def post(press: Press, title: str, **members: Any) -> str:
    body = {"title": title, "body_markdown": f"Of {title}.", "audience": {}, "on_intranet": True, "channels": ["inbox"]}
    return await publish(press.live, press.tenant, **body | members)


async def test_each_reader_gets_the_edition_of_their_place_once(press: Press) -> None:
    await post(press, "Everybody")
    await post(press, "Northern", audience={"localities": [press.north]})
    await post(press, "Mailed", on_intranet=False)
    lead = await press.live.as_role("engagement_lead", tenant=press.tenant)
    assert (await lead.post("/v1/meetings", json=MEETING)).status_code == 201
    made = await press.draft()
    path = f"/v1/newsletters/{made['id']}"
    assert [item["title"] for item in made["items"]] == ["Northern", "Everybody", "Urgent visits, 3 December 2026"]
    assert [edition["state"] for edition in made["editions"]] == ["pending"] * 3
    preview = await press.editor.get(f"{path}/preview", params={"locality": press.north, "format": "plain"})
    assert "Northern" in preview.text
    assert "<h2>Everybody</h2>" in (await press.editor.get(f"{path}/preview")).text
    sent = await press.send(path)
    assert (sent["state"], [edition["state"] for edition in sent["editions"]]) == ("sent", ["sent"] * 3)
    mails = await press.mails()
    assert set(mails) == {"Ann", "Bob", "Cat"}
    assert ["Northern" in mails[name] for name in ("Ann", "Bob", "Cat")] == [True, False, False]
    assert all("3 December 2026, 13:00 to 15:00" in text for text in mails.values())
    assert sum(edition["counts"]["recipients"] for edition in sent["editions"]) == 3
    # A second run of the job sends nothing more.
    await press.live.execute(
        "UPDATE job SET state = 'queued' WHERE kind = 'communications.send_newsletter'",
        tenant=press.live.tenants[press.tenant],
    )
    await press.live.work()
    assert len(await told(press.live, press.tenant, "newsletter")) == 3


async def test_the_editor_orders_drops_and_adds_and_withdrawn_items_are_left_out(press: Press) -> None:
    first, second = await post(press, "First"), await post(press, "Second")
    made = await press.draft(localities=[], items=[{"kind": "announcements", "id": first}])
    path = f"/v1/newsletters/{made['id']}"
    assert [item["id"] for item in made["items"]] == [first]
    items = [{"kind": "announcements", "id": id_} for id_ in (second, first)]
    arranged = await press.editor.put(f"{path}/items", json={"items": items}, headers=ANY)
    assert [item["title"] for item in arranged.json()["items"]] == ["Second", "First"]
    unknown = {"items": [*items, {"kind": "meetings", "id": first}]}
    refused = await press.editor.put(f"{path}/items", json=unknown, headers=ANY)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/items/2")
    changed = await press.editor.patch(path, json={"title": "Renamed"}, headers=ANY)
    assert changed.json()["title"] == "Renamed"
    assert (await press.editor.post(f"/v1/announcements/{first}/withdraw")).status_code == 200
    await press.send(path)
    assert all("First" not in text and "Second" in text for text in (await press.mails()).values())
    for refused in (
        await press.editor.patch(path, json={"title": "Too late"}, headers=ANY),
        await press.editor.post(f"{path}/schedule", json={}),
        await press.editor.post(f"{path}/cancel"),
        await press.editor.delete(path, headers=ANY),
    ):
        assert refused.status_code == 409, refused.text


async def test_an_edition_without_items_is_not_sent_and_says_so(press: Press) -> None:
    await post(press, "Northern", audience={"localities": [press.north]})
    made = await press.draft()
    sent = await press.send(f"/v1/newsletters/{made['id']}")
    states = {edition["locality_id"]: edition["state"] for edition in sent["editions"]}
    assert states == {None: "empty", press.north: "sent", press.south: "empty"}
    assert set(await press.mails()) == {"Ann"}


async def test_a_time_can_be_moved_and_taken_back_and_the_last_one_counts(press: Press) -> None:
    await post(press, "News")
    path = f"/v1/newsletters/{(await press.draft())['id']}"
    past = await press.editor.post(f"{path}/schedule", json={"send_at": "2026-11-01T08:00:00Z"})
    assert (past.status_code, past.json()["code"]) == (422, "communications.sending_past")
    for day in ("2100-12-01", "2100-12-02"):
        scheduled = await press.send(path, send_at=f"{day}T08:00:00Z")
        assert (scheduled["state"], scheduled["send_at"]) == ("scheduled", f"{day}T08:00:00Z")
    kind = "communications.send_newsletter"
    jobs = await press.live.fetch(
        "SELECT run_at FROM job WHERE kind = $1 ORDER BY run_at", kind, tenant=press.live.tenants[press.tenant]
    )
    assert [row["run_at"].day for row in jobs] == [1, 2]
    cancelled = await press.editor.post(f"{path}/cancel")
    assert (cancelled.json()["state"], cancelled.json()["send_at"]) == ("draft", None)
    due = "UPDATE job SET run_at = clock_timestamp() WHERE kind = $1"
    await press.live.execute(due, kind, tenant=press.live.tenants[press.tenant])
    await press.live.work()
    assert (await press.editor.get(path)).json()["state"] == "draft"
    await press.send(path, send_at="2100-12-03T08:00:00Z")
    await press.live.execute(due + " AND state = 'queued'", kind, tenant=press.live.tenants[press.tenant])
    await press.live.work()
    assert (await press.editor.get(path)).json()["state"] == "sent"
    assert len(await told(press.live, press.tenant, "newsletter")) == 3


async def test_somebody_whose_post_ended_before_it_went_out_gets_nothing(press: Press) -> None:
    await post(press, "News")
    path = f"/v1/newsletters/{(await press.draft())['id']}"
    await press.send(path, send_at="2100-12-01T08:00:00Z")
    tenant = press.live.tenants[press.tenant]
    await press.live.execute(
        "UPDATE post SET valid_until = '2026-11-01' WHERE practice = $1", press.practices[0], tenant=tenant
    )
    await press.live.execute("UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=tenant)
    await press.live.work()
    assert set(await press.mails()) == {"Bob", "Cat"}


async def test_sent_ones_are_archived_where_they_may_be_read_and_stand_in_feeds(press: Press) -> None:
    await post(press, "Everybody")
    await post(press, "Northern", audience={"localities": [press.north]})
    path = f"/v1/newsletters/{(await press.draft())['id']}"
    readers = {
        "north": await press.live.as_role("intranet", tenant=press.tenant, locality=press.north),
        "south": await press.live.as_role("intranet", tenant=press.tenant, locality=press.south),
    }
    assert (await readers["north"].get(path)).status_code == 404
    cursor = (await readers["north"].get("/v1/changes", params={"kinds": "newsletter"})).json()["next_cursor"]
    await press.send(path)
    [change] = (await readers["north"].get("/v1/changes", params={"kinds": "newsletter", "cursor": cursor})).json()[
        "data"
    ]
    assert change["href"] == path
    shown = {name: (await reader.get(path)).json()["editions"] for name, reader in readers.items()}
    assert [edition["locality_id"] for edition in shown["north"]] == [None, press.north]
    assert {edition["counts"] for edition in shown["north"]} == {None}
    own = f"{path}/editions/{shown['north'][1]['id']}"
    assert "Northern" in (await readers["north"].get(own)).json()["body_text"]
    assert (await readers["south"].get(own)).status_code == 404
    feed = {
        "name": "letters",
        "title": "Letters",
        "kinds": ["newsletters"],
        "access": "public",
        "locality_id": press.north,
    }
    name = (await press.editor.post("/v1/feeds", json=feed)).json()["name"]
    [item] = (await press.live.client(None).get(f"/v1/feeds/{name}.json")).json()["items"]
    assert "Northern" in item["content_html"]
    hidden = await press.draft(on_intranet=False, localities=[])
    await press.send(f"/v1/newsletters/{hidden['id']}")
    assert (await readers["north"].get(f"/v1/newsletters/{hidden['id']}")).status_code == 404
    assert len((await press.live.client(None).get(f"/v1/feeds/{name}.json")).json()["items"]) == 1


async def test_a_localitys_editor_and_readers_see_of_a_newsletter_to_all_what_their_editions_hold(press: Press) -> None:
    for title, audience in (
        ("Everybody", {}),
        ("Northern", {"localities": [press.north]}),
        ("Southern", {"localities": [press.south]}),
    ):
        await post(press, title, audience=audience)
    gone = await post(press, "Gone")
    path = f"/v1/newsletters/{(await press.draft())['id']}"
    assert (await press.editor.post(f"/v1/announcements/{gone}/withdraw")).status_code == 200
    whole = await press.send(path)
    assert sorted(item["title"] for item in whole["items"]) == ["Everybody", "Gone", "Northern", "Southern"]
    assert all(edition["counts"] for edition in whole["editions"])
    [southern] = [each["id"] for each in whole["editions"] if each["locality_id"] == press.south]
    for role, counted in (("editor", [press.north]), ("intranet", [])):
        caller = await press.live.as_role(role, tenant=press.tenant, locality=press.north)
        seen = (await caller.get(path)).json()
        assert sorted(item["title"] for item in seen["items"]) == ["Everybody", "Northern"]
        assert [each["locality_id"] for each in seen["editions"]] == [None, press.north]
        assert [each["locality_id"] for each in seen["editions"] if each["counts"]] == counted
        assert (await caller.get(f"{path}/editions/{southern}")).status_code == 404


async def test_a_localitys_editor_writes_to_their_locality(press: Press) -> None:
    await post(press, "Everybody")
    local = await press.live.as_role("editor", tenant=press.tenant, locality=press.north)
    body = {"title": "North", "localities": [press.north]}
    assert (await local.post("/v1/newsletters", json=body)).status_code == 403
    made = await local.post("/v1/newsletters", json=body | {"for_commissioner": False})
    assert made.status_code == 201, made.text
    others = await press.draft()
    assert (await local.get(f"/v1/newsletters/{others['id']}")).status_code == 404
    assert (await local.delete(f"/v1/newsletters/{others['id']}", headers=ANY)).status_code == 404
    assert (await local.delete(made.headers["Location"], headers=ANY)).status_code == 204
    rows = await delivery_rows(
        press.live, press.tenant, "message_id IN (SELECT id FROM message WHERE source = 'newsletter')"
    )
    assert rows == []
