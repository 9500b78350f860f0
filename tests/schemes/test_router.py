"""Schemes over HTTP: whose they are, in which order they come, and what others are told."""

from typing import Any

from tests.factories.claims import RULES
from tests.factories.schemes import SESSIONS
from tests.factories.schemes_over_http import SCHEME, YEAR, a_fact, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}


async def test_another_commissioners_scheme_is_not_there(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    other, _ = await a_tenant(shared)
    path = await a_live_scheme(await shared.as_role("scheme_manager", tenant=tenant))
    stranger = await shared.as_role("scheme_manager", tenant=other)
    bodies: dict[str, Any] = {
        "": None,
        "/versions": None,
        "/versions/1": None,
        "/facts": None,
        "/participation": None,
        "/offers": None,
    }
    for tail in bodies:
        assert (await stranger.get(f"{path}{tail}")).status_code == 404, tail
    assert (await stranger.post(f"{path}/versions/1/publish", headers=ANY)).status_code == 404
    assert (await sign_up(stranger, path, practice)).status_code == 404


async def test_a_published_scheme_is_in_the_change_feed_and_a_draft_is_not(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    intranet = await shared.as_role("intranet", tenant=tenant)
    cursor = (await intranet.get("/v1/changes")).json()["next_cursor"]
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    await manager.post("/v1/incentive-schemes", json={**SCHEME, "code": "DRAFT"})
    path = await a_live_scheme(manager)
    changes = (await intranet.get("/v1/changes", params={"cursor": cursor})).json()["data"]
    assert [(each["kind"], each["href"]) for each in changes] == [("scheme", path)]


async def test_a_closed_scheme_takes_no_more_rules_and_practices_and_goes_on_with_what_it_owes(
    shared: LivePlenary,
) -> None:
    tenant, (practice, late) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    assert (await manager.post(f"{path}/close")).json()["state"] == "closed"
    refused = [
        await manager.post(f"{path}/close"),
        await sign_up(manager, path, late),
        await manager.post(f"{path}/offers", json={"practices": [late], "respond_by": "2026-12-24"}),
        await manager.post(f"{path}/versions", json={"applies": YEAR, "definition": SESSIONS, "reason": "Late."}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "schemes.closed")] * 4
    terms = {"budget": {"amount": "900.00"}, "waive_below": "50.00"}
    done = [
        await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "late")]}),
        await manager.patch(path, json=terms, headers=ANY),
        await manager.put(f"{path}/claim-rules", json={**RULES, "window_days": 200}, headers=ANY),
    ]
    assert [answer.status_code for answer in done] == [201, 200, 200]
    assert (await manager.get(path)).json()["waive_below"] == "50.00"


async def test_pages_follow_each_other_without_gap(shared: LivePlenary) -> None:
    tenant, codes = await a_tenant(shared, "1", "2", "3")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, *codes)
    first = (await manager.get(f"{path}/participation", params={"limit": 2, "count": "exact"})).json()
    second = await manager.get(f"{path}/participation", params={"limit": 2, "cursor": first["next_cursor"]})
    assert (first["total"], second.json()["next_cursor"]) == (3, None)
    assert [row["practice"] for row in [*first["data"], *second.json()["data"]]] == codes


async def test_a_practices_closure_says_what_it_touches_among_schemes(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "a"), a_fact(practice, "b", on="2026-11-01")]})
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    change = {"kind": "close", "practice": practice, "effective_on": "2026-10-01", "dry_run": True}
    tried = await admin.post("/v1/practice-changes", json=change)
    assert tried.is_success, tried.text
    counts = {each["what"]: each["count"] for each in tried.json()["effects"]}
    assert (counts["offers"], counts["agreements"], counts["facts"]) == (0, 1, 1)
