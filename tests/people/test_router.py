"""Persons and posts over HTTP."""

from typing import Any

import httpx
import pytest

from app.people.service import record_bounces
from tests.factories.service import NOW, LivePlenary

AMIRA = {"name": "Amira Khan", "email": "amira.khan@example.org"}


async def place(shared: LivePlenary, count: int = 1) -> tuple[str, list[str]]:
    """A commissioner of its own with practices."""
    tenant = await shared.fresh_tenant()
    codes = [f"Z{tenant[2:]}{number}" for number in range(count)]
    for code in codes:
        await shared.make_practice(code, tenant)
    return tenant, codes


async def add_post(client: httpx.AsyncClient, practice: str | None, role: str = "named_lead", **members: Any) -> Any:
    body = {"role": role, "practice": practice, "person": AMIRA} | members
    if "person_id" in members:
        del body["person"]
    answer = await client.post("/v1/posts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def entry(client: httpx.AsyncClient, code: str) -> Any:
    return (await client.get(f"/v1/practices/{code}/team")).json()["data"]


async def published_lead(shared: LivePlenary, tenant: str, code: str) -> tuple[Any, ...]:
    rows = await shared.fetch(
        "SELECT lead_name, lead_post FROM published.practice WHERE code = $1", code, tenant=shared.tenants[tenant]
    )
    return tuple(rows[0])


async def test_a_manager_adds_and_ends_posts_of_their_own_practice(shared: LivePlenary) -> None:
    tenant, (mine, other) = await place(shared, 2)
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=mine)
    answer = await manager.post("/v1/posts", json={"role": "named_lead", "practice": mine, "person": AMIRA})
    post = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/posts/{post['id']}"
    assert {k: post[k] for k in ("role", "level", "from", "until", "listed", "stale")} == {
        "role": "named_lead",
        "level": "practice",
        "from": "2026-11-22",
        "until": None,
        "listed": True,
        "stale": False,
    }
    assert await published_lead(shared, tenant, mine) == ("Amira Khan", "Named lead")
    refused = await manager.post("/v1/posts", json={"role": "gp", "practice": other, "person": AMIRA})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
    gone = await manager.delete(f"/v1/posts/{post['id']}", headers={"If-Match": answer.headers["ETag"]})
    assert gone.status_code == 204
    assert await published_lead(shared, tenant, mine) == (None, None)


async def test_a_manager_cannot_touch_another_practices_post_or_one_of_the_office(shared: LivePlenary) -> None:
    tenant, (mine, other) = await place(shared, 2)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=mine)
    theirs = await add_post(admin, other)
    office = await add_post(admin, None, "chief_executive", person={"name": "Chief", "email": f"c@{tenant}.example"})
    for post in (theirs, office):
        assert (await manager.delete(f"/v1/posts/{post['id']}", headers={"If-Match": "*"})).status_code == 403
        answer = await manager.patch(f"/v1/posts/{post['id']}", json={"listed": True}, headers={"If-Match": "*"})
        assert answer.status_code == 403
        assert (await manager.post(f"/v1/posts/{post['id']}/confirm")).status_code == 403
        assert (await manager.get(f"/v1/posts/{post['id']}")).status_code == 404
    assert (await manager.get(f"/v1/people/{theirs['person']['id']}")).status_code == 404
    answer = await manager.post("/v1/posts", json={"role": "chief_executive", "person": AMIRA})
    assert answer.status_code == 403


async def test_a_practice_has_one_named_lead_at_a_time(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    first = await add_post(admin, code, until="2026-12-01")
    clash = {"role": "named_lead", "practice": code, "person": {"name": "Ben Best"}, "from": "2026-11-30"}
    answer = await admin.post("/v1/posts", json=clash)
    assert (answer.status_code, answer.json()["code"]) == (409, "people.lead_overlap")
    assert (await admin.post("/v1/posts", json=clash | {"from": "2026-12-01"})).status_code == 201
    answer = await admin.patch(f"/v1/posts/{first['id']}", json={"until": None}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (409, "people.lead_overlap")


async def test_the_same_post_twice_at_once_is_refused(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    post = await add_post(admin, code, "gp")
    body = {"role": "gp", "practice": code, "person_id": post["person"]["id"]}
    answer = await admin.post("/v1/posts", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "people.post_overlap")
    assert (await admin.post("/v1/posts", json=body | {"role": "named_lead"})).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"role": "locality_lead"}, "/role", "not_valid"),
        ({"practice": None}, "/practice", "missing"),
        ({"until": "2026-01-01"}, "/until", "not_valid"),
        ({"person_id": "01890a5d-ac96-774b-bcce-b302099a8057"}, "", "not_valid"),
        ({"role": "boss"}, "/role", "not_a_choice"),
        ({"from": "2026-02-30"}, "/from", "wrong_format"),
        ({"person": {"name": "see 943 476 5919"}}, "/person/name", "nhs_number"),
        ({"listed": "yes"}, "/listed", "wrong_type"),
        ({"colour": "red"}, "/colour", "unknown_member"),
    ],
)
async def test_a_post_that_cannot_be_is_refused_at_its_member(
    shared: LivePlenary, change: dict[str, Any], pointer: str, code: str
) -> None:
    tenant, (practice,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    answer = await admin.post("/v1/posts", json={"role": "gp", "practice": practice, "person": AMIRA} | change)
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_a_post_at_a_practice_of_another_commissioner_is_404(shared: LivePlenary) -> None:
    tenant, _ = await place(shared)
    _, (foreign,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    answer = await admin.post("/v1/posts", json={"role": "gp", "practice": foreign, "person": AMIRA})
    assert (answer.status_code, answer.json()["code"]) == (404, "organisations.practice_not_found")
    assert (await admin.get(f"/v1/practices/{foreign}/team")).status_code == 404


async def test_a_correction_needs_the_version_that_was_read_and_confirms_the_post(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    post = await add_post(admin, code)
    url = f"/v1/posts/{post['id']}"
    assert (await admin.patch(url, json={"listed": False})).status_code == 428
    etag = (await admin.get(url)).headers["ETag"]
    answer = await admin.patch(url, json={"listed": False, "from": "2026-04-01"}, headers={"If-Match": etag})
    assert (answer.status_code, answer.json()["listed"], answer.json()["from"]) == (200, False, "2026-04-01")
    assert answer.headers["ETag"] == (await admin.get(url)).headers["ETag"] != etag
    assert (await admin.patch(url, json={"listed": True}, headers={"If-Match": etag})).status_code == 412
    assert await published_lead(shared, tenant, code) == (None, None)


async def test_a_post_is_stale_after_180_days_or_a_bounce_until_it_is_confirmed(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    post = await add_post(admin, code)
    url = f"/v1/posts/{post['id']}"
    id_ = shared.tenants[tenant]
    await shared.execute("UPDATE post SET confirmed_on = '2026-05-26' WHERE commissioner_id = $1", id_, tenant=id_)
    quiet = (await admin.get(url)).json()
    assert (quiet["stale"], quiet["stale_reason"]) == (True, "not_confirmed")
    assert [p["id"] for p in (await admin.get("/v1/posts?stale=true")).json()["data"]] == [post["id"]]
    assert [p["id"] for p in (await admin.get("/v1/posts?stale=false")).json()["data"]] == []
    confirmed = (await admin.post(f"{url}/confirm")).json()
    assert (confirmed["stale"], confirmed["confirmed_on"]) == (False, "2026-11-22")
    await shared.execute("UPDATE person SET bounced_at = now() WHERE commissioner_id = $1", id_, tenant=id_)
    assert (await admin.get(url)).json()["stale_reason"] == "bounced"
    assert (await admin.post(f"{url}/confirm")).json()["stale_reason"] is None


async def test_a_bounce_is_announced_once_with_the_posts_that_it_makes_stale(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    await add_post(admin, code, "gp", **{"from": "2026-04-01", "until": "2026-05-01"})
    post = await add_post(admin, code)
    sql = "SELECT name, subject FROM event ORDER BY change_number, position"
    before = len(await shared.fetch(sql, tenant=shared.tenants[tenant]))
    tag = (await admin.get(f"/v1/posts/{post['id']}")).headers["ETag"]
    for _ in range(2):
        async with shared.session(tenant) as session:
            await record_bounces(session, [AMIRA["email"].upper()], at=NOW)
    told = [tuple(row) for row in (await shared.fetch(sql, tenant=shared.tenants[tenant]))[before:]]
    assert told == [("people.person_changed", post["person"]["id"]), ("people.post_changed", post["id"])]
    assert (await admin.get(f"/v1/posts/{post['id']}", headers={"If-None-Match": tag})).status_code == 200


async def test_a_post_that_has_not_begun_disappears_and_an_ended_one_cannot_end_again(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    future = await add_post(admin, code, **{"from": "2026-12-01"})
    assert (await admin.delete(f"/v1/posts/{future['id']}", headers={"If-Match": "*"})).status_code == 204
    assert (await admin.get(f"/v1/posts/{future['id']}")).status_code == 404
    held = await add_post(admin, code, **{"from": "2026-04-01"})
    assert (await admin.delete(f"/v1/posts/{held['id']}", headers={"If-Match": "*"})).status_code == 204
    assert (await admin.get(f"/v1/posts/{held['id']}")).json()["until"] == "2026-11-22"
    again = await admin.delete(f"/v1/posts/{held['id']}", headers={"If-Match": "*"})
    assert (again.status_code, again.json()["code"]) == (409, "people.post_ended")
    assert (await admin.get("/v1/posts")).json()["data"] == []
    assert [p["id"] for p in (await admin.get("/v1/posts?ended=true")).json()["data"]] == [held["id"]]
    assert [p["id"] for p in (await admin.get("/v1/posts?on=2026-11-21")).json()["data"]] == [held["id"]]


async def test_an_intranet_sees_the_listed_of_a_team_and_the_practice_all_of_it(shared: LivePlenary) -> None:
    tenant, (code, other) = await place(shared, 2)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    await add_post(admin, code)
    await add_post(admin, code, "nurse", person={"name": "Nia Nurse", "email": f"nia@{tenant}.example"})
    intranet = await shared.as_role("intranet", tenant=tenant)
    neighbour = await shared.as_role("practice_manager", tenant=tenant, practice=other)
    for outsider in (intranet, neighbour):
        (seen,) = await entry(outsider, code)
        assert (seen["name"], seen["title"], seen["email"]) == ("Amira Khan", "Named lead", AMIRA["email"])
        assert seen["person_id"] is None
    member = await shared.as_role("practice_member", tenant=tenant, practice=code)
    assert [m["name"] for m in await entry(member, code)] == ["Nia Nurse", "Amira Khan"]


async def test_who_objects_is_shown_nowhere_and_may_take_it_back(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    person = await shared.make_person("Lena Lead", tenant=tenant)
    post = await add_post(admin, code, person_id=str(person))
    me = await shared.as_role("practice_lead", tenant=tenant, practice=code, person=person)
    intranet = await shared.as_role("intranet", tenant=tenant)
    before = await me.get("/v1/me/listing")
    assert before.json() == {"objects": False, "posts": [post["id"]]}
    assert (await me.put("/v1/me/listing", json={"objects": True})).status_code == 428
    answer = await me.put("/v1/me/listing", json={"objects": True}, headers={"If-Match": before.headers["ETag"]})
    assert (answer.status_code, answer.json()) == (200, {"objects": True, "posts": []})
    assert await entry(intranet, code) == []
    assert await published_lead(shared, tenant, code) == (None, None)
    await me.put("/v1/me/listing", json={"objects": False}, headers={"If-Match": "*"})
    assert await published_lead(shared, tenant, code) == ("Lena Lead", "Named lead")
    assert (await intranet.get("/v1/me/listing")).status_code == 403


async def test_a_person_is_corrected_and_the_published_lead_with_them(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    post = await add_post(admin, code)
    url = f"/v1/people/{post['person']['id']}"
    etag = (await admin.get(url)).headers["ETag"]
    answer = await admin.patch(url, json={"name": "Dr Amira Khan-Lee", "email": None}, headers={"If-Match": etag})
    assert (answer.json()["name"], answer.json()["email"]) == ("Dr Amira Khan-Lee", None)
    assert await published_lead(shared, tenant, code) == ("Dr Amira Khan-Lee", "Named lead")
    found = (await admin.get("/v1/people?q=khan lee")).json()["data"]
    assert [person["id"] for person in found] == [post["person"]["id"]]
    assert (await admin.patch(url, json={"name": None}, headers={"If-Match": "*"})).status_code == 422


async def test_an_address_belongs_to_one_person(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    first = await admin.post("/v1/people", json=AMIRA)
    assert first.headers["Location"] == f"/v1/people/{first.json()['id']}"
    again = await admin.post("/v1/people", json=AMIRA | {"email": "AMIRA.khan@example.org"})
    assert (again.status_code, again.json()["code"]) == (409, "people.email_known")
    post = await add_post(admin, code, person=AMIRA | {"name": "A. Khan"})
    assert post["person"] == {"id": first.json()["id"], "name": "Amira Khan", "email": AMIRA["email"]}


async def test_practice_roles_see_their_own_people_and_the_listed_above(shared: LivePlenary) -> None:
    tenant, (mine, other) = await place(shared, 2)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    await add_post(admin, mine)
    await add_post(admin, other, person={"name": "Other Lead", "email": f"o@{tenant}.example"})
    chief = {"name": "Chief", "email": f"c@{tenant}.example"}
    await add_post(admin, None, "chief_executive", person=chief, listed=True)
    await add_post(admin, None, "finance_officer", person={"name": "Fin", "email": f"f@{tenant}.example"})
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=mine)
    names = [person["name"] for person in (await lead.get("/v1/people")).json()["data"]]
    assert [name for name in names if not name.startswith("Practice Lead")] == ["Amira Khan", "Chief"]
    assert len(names) == 3
    assert {post["person"]["name"] for post in (await lead.get("/v1/posts")).json()["data"]} == {"Amira Khan", "Chief"}


async def test_lists_come_in_pages(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    for number in range(3):
        await add_post(admin, code, "gp", person={"name": f"Doctor Number {number}"})
    first = (await admin.get("/v1/posts?limit=2&count=exact")).json()
    rest = (await admin.get(f"/v1/posts?limit=2&cursor={first['next_cursor']}")).json()
    assert (first["total"], len(first["data"]), len(rest["data"]), rest["next_cursor"]) == (3, 2, 1, None)
    team = await admin.get(f"/v1/practices/{code}/team?limit=2")
    more = (await admin.get(f"/v1/practices/{code}/team?limit=2&cursor={team.json()['next_cursor']}")).json()
    assert [m["name"] for m in team.json()["data"] + more["data"]] == [f"Doctor Number {n}" for n in (2, 1, 0)]
    people = (await admin.get("/v1/people?q=number&limit=2")).json()
    other = (await admin.get(f"/v1/people?q=number&limit=2&cursor={people['next_cursor']}")).json()
    assert [p["name"] for p in people["data"] + other["data"]] == [f"Doctor Number {n}" for n in range(3)]


async def test_vacancies_are_practices_without_a_lead_and_stale_leads_on_request(shared: LivePlenary) -> None:
    tenant, (empty, left, held) = await place(shared, 3)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    await add_post(admin, left, until="2026-09-01", **{"from": "2026-04-01"})
    await add_post(admin, held, **{"from": "2026-04-01"})
    found = (await admin.get("/v1/leads/vacancies")).json()["data"]
    assert [(v["practice"]["code"], v["reason"], v["vacant_since"]) for v in found] == [
        (empty, "none", None),
        (left, "none", "2026-09-01"),
    ]
    assert found[0]["practice"]["name"] == f"Surgery {empty}"
    id_ = shared.tenants[tenant]
    await shared.execute("UPDATE post SET confirmed_on = '2026-01-01' WHERE commissioner_id = $1", id_, tenant=id_)
    found = (await admin.get("/v1/leads/vacancies?stale=true")).json()["data"]
    assert [(v["practice"]["code"], v["reason"]) for v in found] == [
        (empty, "none"),
        (left, "none"),
        (held, "not_confirmed"),
    ]
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=left)
    assert [v["practice"]["code"] for v in (await manager.get("/v1/leads/vacancies")).json()["data"]] == [left]


async def test_a_practices_mailbox_is_set_once_and_then_by_version(shared: LivePlenary) -> None:
    tenant, (code, other) = await place(shared, 2)
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=code)
    url = f"/v1/practices/{code}/mailbox"
    assert (await manager.get(url)).json()["code"] == "people.mailbox_not_found"
    first = await manager.put(url, json={"email": "team@surgery.example"})
    assert (first.status_code, first.json()["email"]) == (200, "team@surgery.example")
    assert (await manager.put(url, json={"email": "b@surgery.example"})).status_code == 428
    second = await manager.put(url, json={"email": "b@surgery.example"}, headers={"If-Match": first.headers["ETag"]})
    assert second.json()["email"] == (await manager.get(url)).json()["email"] == "b@surgery.example"
    assert (await manager.put(f"/v1/practices/{other}/mailbox", json={"email": "x@y.example"})).status_code == 403


async def test_another_commissioners_people_and_posts_are_404(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    post = await add_post(await shared.as_role("commissioner_admin", tenant=tenant), code)
    elsewhere = await shared.as_role("commissioner_admin", tenant=(await place(shared))[0])
    person = f"/v1/people/{post['person']['id']}"
    assert (await elsewhere.get(person)).json()["code"] == "people.person_not_found"
    assert (await elsewhere.patch(person, json={"name": "X"}, headers={"If-Match": "*"})).status_code == 404
    url = f"/v1/posts/{post['id']}"
    assert (await elsewhere.get(url)).json()["code"] == "people.post_not_found"
    assert (await elsewhere.patch(url, json={"listed": True}, headers={"If-Match": "*"})).status_code == 404
    assert (await elsewhere.delete(url, headers={"If-Match": "*"})).status_code == 404
    assert (await elsewhere.post(f"{url}/confirm")).status_code == 404
    body = {"role": "chief_executive", "person_id": post["person"]["id"]}
    assert (await elsewhere.post("/v1/posts", json=body)).status_code == 404


@pytest.mark.parametrize("again", ["zoe@xn--bcher-kva.example", "Zoe@bu\u0308cher.example"])
async def test_one_address_written_in_two_ways_is_one_person(shared: LivePlenary, again: str) -> None:
    tenant, _ = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    made = await admin.post("/v1/people", json={"name": "Zoe", "email": "zoe@bücher.example"})
    key = {"name": "K", "role": "scheme_manager", "person": {"name": "Another", "email": again}}
    assert (await admin.post("/v1/api-keys", json=key)).json()["person_id"] == made.json()["id"]
    refused = await admin.post("/v1/people", json={"name": "Z", "email": again})
    assert (refused.status_code, refused.json()["code"]) == (409, "people.email_known")


async def test_an_address_that_nothing_can_be_sent_to_is_refused(shared: LivePlenary) -> None:
    tenant, _ = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    refused = await admin.post("/v1/people", json={"name": "Zoe", "email": "|id@x.org"})
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/email", "email_address")]


async def test_an_address_that_was_given_up_makes_no_second_person(shared: LivePlenary) -> None:
    tenant, (code,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    person = (await admin.post("/v1/people", json=AMIRA)).json()
    url, match = f"/v1/people/{person['id']}", {"If-Match": "*"}
    moved = await admin.patch(url, json={"email": "a.khan@new.example"}, headers=match)
    assert moved.status_code == 200
    key = {"name": "K", "role": "scheme_manager", "person": AMIRA}
    post = {"role": "gp", "practice": code, "person": AMIRA}
    for path, body in (("/v1/people", AMIRA), ("/v1/api-keys", key), ("/v1/posts", post)):
        refused = await admin.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "people.former_address")
    other = (await admin.post("/v1/people", json={"name": "Ben"})).json()
    refused = await admin.patch(f"/v1/people/{other['id']}", json={"email": AMIRA["email"].upper()}, headers=match)
    assert (refused.status_code, refused.json()["code"]) == (409, "people.former_address")
    assert (await admin.patch(url, json={"email": AMIRA["email"]}, headers=match)).status_code == 200
    assert (await admin.post("/v1/api-keys", json=key)).json()["person_id"] == person["id"]


async def test_a_manager_gives_posts_to_people_of_the_practice_and_to_new_ones_only(shared: LivePlenary) -> None:
    tenant, (mine, other) = await place(shared, 2)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=mine)
    approver = (await admin.post("/v1/people", json={"name": "Approver", "email": "a@icb.example"})).json()
    moved = {"email": "b@icb.example"}
    await admin.patch(f"/v1/people/{approver['id']}", json=moved, headers={"If-Match": "*"})
    theirs = (await add_post(admin, other))["person"]
    for holder in (
        {"person": {"name": "Guess", "email": "B@icb.example"}},
        {"person": {"name": "Guess", "email": "a@icb.example"}},
        {"person_id": approver["id"]},
        {"person_id": theirs["id"]},
        {"person_id": "01890a5d-ac96-774b-bcce-b302099a8057"},
    ):
        refused = await manager.post("/v1/posts", json={"role": "staff", "practice": mine} | holder)
        assert (refused.status_code, refused.json()["code"]) == (409, "people.outside_practice")
        assert "Approver" not in refused.text
    new = await add_post(manager, mine, "gp", person={"name": "New Gp", "email": "new@gp.example"})
    gone = await manager.delete(f"/v1/posts/{new['id']}", headers={"If-Match": "*"})
    assert gone.status_code == 204
    held = await add_post(admin, mine, "nurse", person={"name": "Nurse", "email": "n@gp.example"}, until="2026-12-01")
    again = await add_post(manager, mine, "gp", person={"name": "Nurse", "email": "N@gp.example"})
    assert again["person"]["id"] == held["person"]["id"]


async def test_a_practice_adds_no_days_of_a_post_that_are_long_gone(shared: LivePlenary) -> None:
    tenant, (mine,) = await place(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=mine)
    body = {"role": "named_lead", "practice": mine, "person": AMIRA}
    refused = await manager.post("/v1/posts", json=body | {"from": "2026-10-21"})
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/from", "too_early")]
    post = f"/v1/posts/{(await add_post(manager, mine, **{'from': '2026-10-22'}))['id']}"
    match = {"If-Match": "*"}
    refused = await manager.patch(post, json={"from": "2026-04-01"}, headers=match)
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/from", "too_early")]
    earlier = {"from": "2026-04-01", "until": "2026-10-01"}
    assert (await admin.patch(post, json=earlier, headers=match)).status_code == 200
    refused = await manager.patch(post, json={"until": None}, headers=match)
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/until", "too_early")]
    assert (await manager.patch(post, json={"from": "2026-05-01"}, headers=match)).status_code == 200
