"""Offers over HTTP: made, lapsed, accepted by their words."""

from datetime import timedelta
from uuid import UUID

from tests.factories.schemes import LEAD, PER_HEAD
from tests.factories.schemes_over_http import SIGNATORY, YEAR, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}


async def test_a_practice_accepts_an_offer_with_the_digest_of_its_words(shared: LivePlenary) -> None:
    tenant, (practice, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    made = await manager.post(f"{path}/offers", json={"practices": "all", "respond_by": "2026-12-31"})
    assert (made.status_code, made.json()["created"]) == (201, 2)
    offer = next(each["id"] for each in made.json()["offers"] if each["practice"] == practice)
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    neighbour = await shared.as_role("practice_lead", tenant=tenant, practice=other)
    body = {"signatory": SIGNATORY, "improvement_areas": [{"title": "Diabetes", "target": "9 in 10"}]}
    assert (await neighbour.post(f"/v1/offers/{offer}/accept", json=body)).status_code == 403
    changed = await lead.post(f"/v1/offers/{offer}/accept", json={**body, "words_digest": "0" * 64})
    assert (changed.status_code, changed.json()["code"]) == (409, "schemes.words_changed")
    accepted = await lead.post(f"/v1/offers/{offer}/accept", json=body)
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["words_digest"] == (await manager.get(f"{path}/versions/1")).json()["words_digest"]
    assert accepted.json()["improvement_areas"][0]["title"] == "Diabetes"
    twice = await lead.post(f"/v1/offers/{offer}/accept", json=body)
    assert (twice.status_code, twice.json()["code"]) == (409, "schemes.offer_answered")
    states = {row["practice"]: row["state"] for row in (await manager.get(f"{path}/participation")).json()["data"]}
    assert states == {practice: "accepted", other: "offered"}
    assert [row["practice"] for row in (await lead.get(f"{path}/participation")).json()["data"]] == [practice]


async def test_the_correction_of_a_past_quarter_is_in_nobodys_agreement(shared: LivePlenary) -> None:
    tenant, (practice, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    made = await manager.post(f"{path}/offers", json={"practices": [practice], "respond_by": "2026-12-31"})
    past = {"from": "2026-04-01", "until": "2026-07-01"}
    await manager.post(f"{path}/versions", json={"applies": past, "definition": PER_HEAD, "reason": "Put right."})
    assert (await manager.post(f"{path}/versions/2/publish", headers=ANY)).status_code == 200
    offer = made.json()["offers"][0]["id"]
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    accepted = (await lead.post(f"/v1/offers/{offer}/accept", json={"signatory": SIGNATORY})).json()
    assert accepted["version"] == 1
    await sign_up(manager, path, other)
    (recorded,) = (await manager.get(f"{path}/sign-ups")).json()["data"]
    first = (await manager.get(f"{path}/versions/1")).json()["words_digest"]
    assert (recorded["version"], recorded["words_digest"], accepted["words_digest"]) == (1, first, first)


async def test_an_offer_lapses_and_is_made_again(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    body = {"practices": [practice], "respond_by": "2026-11-22"}
    offer = (await manager.post(f"{path}/offers", json=body)).json()["offers"][0]["id"]
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    yesterday = "UPDATE participation SET respond_by = '2026-11-21' WHERE id = $1"
    await shared.execute(yesterday, UUID(offer), tenant=shared.tenants[tenant])
    late = await lead.post(f"/v1/offers/{offer}/decline", json={"reason": "No."})
    assert (late.status_code, late.json()["code"]) == (409, "schemes.offer_lapsed")
    assert (await lead.get(f"/v1/offers/{offer}")).json()["state"] == "lapsed"
    for state, number in (("offered", 0), ("lapsed", 1), ("declined", 0)):
        found = (await manager.get(f"{path}/participation", params={"state": state})).json()["data"]
        assert [each["state"] for each in found] == [state] * number
    renewed = (await manager.post(f"{path}/offers", json={**body, "respond_by": "2026-12-21"})).json()
    found = (await manager.get(f"{path}/participation", params={"state": "offered"})).json()["data"]
    assert [each["practice"] for each in found] == [practice]
    assert (renewed["created"], renewed["offers"][0]["id"]) == (1, offer)
    declined = await lead.post(f"/v1/offers/{offer}/decline", json={"reason": "Nobody is free."})
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")


async def test_an_offer_that_nobody_could_answer_any_more_is_not_made(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    refused = await manager.post(f"{path}/offers", json={"practices": "all", "respond_by": "2026-11-21"})
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.respond_by_past")
    assert refused.json()["errors"][0]["pointer"] == "/respond_by"
    assert (await manager.get(f"{path}/offers")).json()["data"] == []


async def test_an_offer_that_lapsed_overnight_and_another_readers_view_have_other_tags(live: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(live, "1")
    path = await a_live_scheme(await live.as_role("scheme_manager", tenant=tenant))
    manager = await live.as_role("scheme_manager", tenant=tenant)
    body = {"practices": [practice], "respond_by": "2026-11-22"}
    offer = (await manager.post(f"{path}/offers", json=body)).json()["offers"][0]["id"]
    tag = (await manager.get(f"/v1/offers/{offer}")).headers["ETag"]
    outsider = await live.as_role("lmc_officer", tenant=tenant)
    seen = {"If-None-Match": tag}
    assert (await outsider.get(f"/v1/offers/{offer}", headers=seen)).status_code == 200
    assert (await manager.get(f"/v1/offers/{offer}", headers=seen)).status_code == 304
    live.clock.instant += timedelta(days=1)
    lapsed = await manager.get(f"/v1/offers/{offer}", headers=seen)
    assert (lapsed.status_code, lapsed.json()["state"]) == (200, "lapsed")


async def test_the_lead_named_in_an_agreement_fills_the_vacant_post_once(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, LEAD)
    made = await manager.post(f"{path}/offers", json={"practices": "all", "respond_by": "2026-12-31"})
    offer = f"/v1/offers/{made.json()['offers'][0]['id']}/accept"
    person = str(await shared.make_person("Dr Ada Wren", tenant=tenant))
    own = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    unknown = await own.post(offer, json={"signatory": SIGNATORY, "named_lead": made.json()["offers"][0]["id"]})
    assert unknown.status_code == 404
    outside = await own.post(offer, json={"signatory": SIGNATORY, "named_lead": person})
    assert (outside.status_code, outside.json()["code"]) == (409, "people.outside_practice")
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    await admin.post("/v1/posts", json={"role": "gp", "practice": practice, "person_id": person})
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    stranger = str(await shared.make_person("Somebody Else", tenant=tenant))
    for client in (own, lead):
        refused = await client.post(offer, json={"signatory": SIGNATORY, "named_lead": stranger})
        assert (refused.status_code, refused.json()["code"]) == (409, "people.outside_practice")
    accepted = await own.post(offer, json={"signatory": SIGNATORY, "named_lead": person})
    assert (accepted.status_code, accepted.json()["named_lead"]) == (200, person)
    intranet = await shared.as_role("intranet", tenant=tenant)
    for client, shown in ((manager, person), (intranet, None)):
        assert (await client.get(offer.removesuffix("/accept"))).json()["named_lead"] == shown
    assert (await own.get(f"/v1/practices/{practice}")).json()["named_lead"] == {
        "name": "Dr Ada Wren",
        "post": "Named lead",
    }


async def test_an_offer_is_accepted_by_the_words_that_were_offered(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    made = await manager.post(f"{path}/offers", json={"practices": "all", "respond_by": "2026-12-31"})
    offer = f"/v1/offers/{made.json()['offers'][0]['id']}/accept"
    await manager.post(f"{path}/versions", json={"applies": YEAR, "definition": PER_HEAD, "reason": "Less money."})
    second = (await manager.post(f"{path}/versions/2/publish", headers=ANY)).json()["words_digest"]
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    changed = await lead.post(offer, json={"signatory": SIGNATORY})
    assert (changed.status_code, changed.json()["code"]) == (409, "schemes.words_changed")
    assert second in changed.json()["detail"]
    accepted = await lead.post(offer, json={"signatory": SIGNATORY, "words_digest": second})
    assert (accepted.status_code, accepted.json()["words_digest"]) == (200, second)
