"""The demo's year: a load that was killed goes on where it was."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from app.demo.asking import ask_to_read, offer_evenings
from app.demo.load import Demo, Keys
from app.demo.stories import PLT_DEFINITION, hold_half_days, open_feed, set_mail_up
from app.demo.world import practices
from tests.factories.schemes_over_http import a_live_scheme
from tests.factories.service import LivePlenary
from tests.factories.waiting import until


async def test_a_meeting_left_without_its_attendance_gets_it(shared: LivePlenary, tmp_path: Path) -> None:
    tenant = await shared.fresh_tenant()
    practice = next(each for each in practices() if each.lead is not None)
    await shared.make_practice(practice.code, tenant)
    lead = await shared.as_role("engagement_lead", tenant=tenant)
    keys = Keys(tmp_path / "demo-keys.json")
    keys.values = {"engagement_lead": lead.headers["Authorization"].removeprefix("Bearer ")}
    demo = Demo(lead, keys, date(2026, 6, 22), lambda _: None)
    demo.year, demo.practices = date(2026, 4, 1), [practice]
    scheme = await a_live_scheme(await shared.as_role("scheme_manager", tenant=tenant), PLT_DEFINITION)
    left = {
        "title": "Protected learning afternoon, April",
        "purpose": "Learn together",
        "level": "commissioner",
        "starts_at": "2026-04-13T13:00:00Z",
        "ends_at": "2026-04-13T17:00:00Z",
        "scheme": scheme.rsplit("/", 1)[1],
        "measure": "half_day",
    }
    assert (await lead.post("/v1/meetings", json=left)).status_code == 201
    await hold_half_days(demo, left["scheme"])
    await hold_half_days(demo, left["scheme"])
    held = {row["starts_at"][:10]: row["attended"] for row in (await lead.get("/v1/meetings")).json()["data"]}
    assert held == {"2026-04-13": 1, "2026-07-10": 0}


async def test_the_public_feed_is_opened_once_and_read_without_a_key(shared: LivePlenary, tmp_path: Path) -> None:
    tenant = await shared.fresh_tenant()
    editor = await shared.as_role("editor", tenant=tenant)
    keys = Keys(tmp_path / "demo-keys.json")
    keys.values = {"editor": editor.headers["Authorization"].removeprefix("Bearer ")}
    demo = Demo(editor, keys, date(2026, 6, 22), lambda _: None)
    await open_feed(demo)
    await open_feed(demo)
    assert len((await editor.get("/v1/feeds")).json()["data"]) == 1
    read = await shared.client(None).get(f"/v1/feeds/{tenant.lower()}-news.atom")
    assert (read.status_code, "News for practices" in read.text) == (200, True)


async def test_mail_is_set_up_once_and_left_as_the_office_has_it(shared: LivePlenary, tmp_path: Path) -> None:
    tenant = await shared.fresh_tenant()
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    keys = Keys(tmp_path / "demo-keys.json")
    keys.values = {"commissioner_admin": admin.headers["Authorization"].removeprefix("Bearer ")}
    demo = Demo(admin, keys, date(2026, 6, 22), lambda _: None)
    await set_mail_up(demo)
    [mail] = (await admin.get("/v1/message-providers")).json()["data"]
    assert (mail["kind"], mail["daily_limit"], mail["is_active"]) == ("mail", 100_000, True)
    await admin.put("/v1/message-providers/mail", json={"daily_limit": 50}, headers={"If-Match": "*"})
    await set_mail_up(demo)
    [mail] = (await admin.get("/v1/message-providers")).json()["data"]
    assert mail["daily_limit"] == 50


@pytest.mark.parametrize(
    ("today", "year"),
    [(date(2026, 11, 30), "2026/27"), (date(2027, 2, 10), "2027/28"), (date(2027, 6, 22), "2027/28")],
)
async def test_practices_are_offered_once_what_is_of_a_year_with_a_quarter_left(
    shared: LivePlenary, tmp_path: Path, today: date, year: str
) -> None:
    tenant = await shared.fresh_tenant()
    await shared.make_practice(f"Y{len(shared.tenants):04d}", tenant)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    keys = Keys(tmp_path / "demo-keys.json")
    keys.values = {"scheme_manager": manager.headers["Authorization"].removeprefix("Bearer ")}
    demo = Demo(manager, keys, today, lambda _: None)
    await offer_evenings(demo)
    await offer_evenings(demo)
    [scheme] = (await manager.get("/v1/incentive-schemes")).json()["data"]
    [part] = (await manager.get(f"/v1/incentive-schemes/{scheme['id']}/participation")).json()["data"]
    assert (scheme["financial_year"], part["state"]) == (year, "offered")
    assert date.fromisoformat(part["respond_by"]) > today


async def test_what_has_to_be_read_is_said_once(shared: LivePlenary, tmp_path: Path) -> None:
    editor = await shared.as_role("editor", tenant=await shared.fresh_tenant())
    keys = Keys(tmp_path / "demo-keys.json")
    keys.values = {"editor": editor.headers["Authorization"].removeprefix("Bearer ")}
    demo = Demo(editor, keys, date(2026, 11, 30), lambda _: None)

    async def works() -> bool:
        return await shared.work() > 0

    await asyncio.gather(ask_to_read(demo), until(works))
    await ask_to_read(demo)
    [told] = (await editor.get("/v1/announcements")).json()["data"]
    assert told["must_acknowledge_by"] == "2026-12-14"
