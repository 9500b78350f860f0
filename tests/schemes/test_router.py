"""Schemes over HTTP, on a committed database shared by the file; each test has its own commissioner."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.factories.people import add_post
from tests.factories.schemes import LEAD, PER_HEAD, SESSIONS
from tests.factories.schemes_over_http import SCHEME, SIGNATORY, YEAR, a_fact, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}


async def test_a_scheme_is_drafted_published_and_then_unchangeable(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    scheme = (await manager.get(path)).json()
    assert (scheme["state"], scheme["live_version"], scheme["budget"]) == (
        "published",
        1,
        {"amount": None, "per_head": "2.00", "basis": "registered"},
    )
    version = await manager.get(f"{path}/versions/1")
    assert version.json()["definition"] == SESSIONS
    assert len(version.json()["words_digest"]) == 64
    body = {"applies": YEAR, "definition": PER_HEAD, "reason": "Again."}
    replaced = await manager.put(f"{path}/versions/1", json=body, headers=ANY)
    assert (replaced.status_code, replaced.json()["code"]) == (409, "schemes.version_not_draft")
    again = await manager.post(f"{path}/versions/1/publish", headers=ANY)
    assert (again.status_code, again.json()["code"]) == (409, "schemes.version_not_draft")


async def test_publishing_and_replacing_need_the_tag_that_was_read(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    body = {"applies": YEAR, "definition": PER_HEAD, "reason": "First."}
    first = await manager.post(f"{path}/versions", json=body)
    assert (await manager.post(f"{path}/versions/1/publish")).status_code == 428
    assert (await manager.put(f"{path}/versions/1", json=body)).status_code == 428
    assert (await manager.put(f"{path}/versions/1", json={**body, "reason": "Second."}, headers=ANY)).status_code == 200
    stale = await manager.post(f"{path}/versions/1/publish", headers={"If-Match": first.headers["ETag"]})
    assert stale.status_code == 412
    assert (await manager.get(path)).json()["state"] == "draft"


async def test_a_definition_that_does_not_parse_is_refused_with_pointers(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    wrong = {**PER_HEAD, "pay": {"type": "sum", "of": [{**PER_HEAD["pay"], "rate": 2.0}, {"type": "lottery"}]}}
    answer = await manager.post(f"{path}/versions", json={"applies": YEAR, "definition": wrong, "reason": "Wrong."})
    assert (answer.status_code, answer.json()["code"]) == (422, "calculation.definition_invalid")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/definition/pay/of/0/rate", "calculation.not_a_decimal_string"),
        ("/definition/pay/of/1/type", "calculation.unknown_node"),
    ]
    assert (await manager.get(f"{path}/versions")).json()["data"] == []


async def test_what_parses_but_cannot_be_paid_is_said_by_the_check_and_not_published(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    body = {"applies": {"from": "2026-04-01", "until": "2027-03-20"}, "definition": PER_HEAD, "reason": "Broken."}
    await manager.post(f"{path}/versions", json=body)
    check = (await manager.post(f"{path}/versions/1/check")).json()
    assert (check["valid"], check["cost"], check["problems"][0]["code"]) == (False, None, "calculation.broken_month")
    refused = await manager.post(f"{path}/versions/1/publish", headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.version_not_payable")


async def test_a_version_that_requires_claims_is_not_published_while_none_can_be_declared(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    body = {"applies": YEAR, "definition": {**PER_HEAD, "claims": "required"}, "reason": "Claimed."}
    await manager.post(f"{path}/versions", json=body)
    check = (await manager.post(f"{path}/versions/1/check")).json()
    assert (check["valid"], check["cost"]) == (False, None)
    (problem,) = check["problems"]
    assert (problem["pointer"], problem["code"]) == ("/claims", "schemes.claims_not_yet")
    refused = await manager.post(f"{path}/versions/1/publish", headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.version_not_payable")
    assert refused.json()["errors"][0]["pointer"] == "/definition/claims"
    assert (await manager.post(f"{path}/versions/1/simulate")).status_code == 422


async def test_a_gate_on_a_post_that_no_practice_has_is_a_problem_at_its_name(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    needs = [{"post": "named_lead"}, {"post": "boss"}, {"post": "chair"}]
    definition = {**PER_HEAD, "pay": {"type": "gate", "needs": needs, "then": PER_HEAD["pay"]}}
    await manager.post(f"{path}/versions", json={"applies": YEAR, "definition": definition, "reason": "Boss."})
    check = (await manager.post(f"{path}/versions/1/check")).json()
    assert [(each["pointer"], each["code"]) for each in check["problems"]] == [
        ("/pay/needs/1/post", "schemes.post_unknown"),
        ("/pay/needs/2/post", "schemes.post_unknown"),
    ]
    assert "named_lead, deputy_lead, practice_manager" in check["problems"][0]["detail"]
    refused = await manager.post(f"{path}/versions/1/publish", headers=ANY)
    assert refused.json()["errors"][0]["pointer"] == "/definition/pay/needs/1/post"


async def test_the_check_says_whose_sessions_cost_more_than_their_share(shared: LivePlenary) -> None:
    tenant, (large,) = await a_tenant(shared, "1", registered="8412")
    small = f"{large[:-1]}2"
    await shared.make_practice(small, tenant, registered="3000")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    check = (await manager.post(f"{path}/versions/1/check")).json()
    # Two sessions a month at 300.00 are 7,200.00 a year; the shares are 16,824.00 and 6,000.00.
    assert check == {
        "valid": True,
        "problems": [],
        "cost": {"least": "0.00", "expected": "14400.00", "most": "14400.00"},
        "over_budget": [small],
        "budget": "22824.00",
        "exceeds_budget": False,
        "practices": 2,
        "counted_over": "members",
        "without_list": [],
    }


async def test_the_check_says_whether_the_whole_is_over_budget_and_over_whom_it_counted(shared: LivePlenary) -> None:
    tenant, (practice, _) = await a_tenant(shared, "1", "2", registered="3000")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, budget={"amount": "10000.00"})

    async def check() -> dict[str, Any]:
        answer = (await manager.post(f"{path}/versions/1/check")).json()
        return {name: answer[name] for name in ("budget", "exceeds_budget", "practices", "counted_over")}

    # 7,200.00 a year each; no practice has a share of one amount for all.
    assert await check() == {
        "budget": "10000.00",
        "exceeds_budget": True,
        "practices": 2,
        "counted_over": "members",
    }
    await sign_up(manager, path, practice)
    assert await check() == {
        "budget": "10000.00",
        "exceeds_budget": False,
        "practices": 1,
        "counted_over": "participants",
    }


async def test_words_come_as_markdown_or_html_with_the_practices_own_figures(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1", registered="8412")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, PER_HEAD)
    plain = await manager.get(f"{path}/versions/1/in-words")
    assert plain.headers["content-type"].startswith("text/markdown")
    assert plain.text.startswith("- `engagement`: Pays 2.00")
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    own = await lead.get(f"{path}/versions/1/in-words", headers={"Accept": "text/html"})
    assert own.headers["content-type"].startswith("text/html")
    assert "at least 16,824.00, expected 16,824.00, at most 16,824.00" in own.text
    assert own.headers["Words-Digest"] == plain.headers["Words-Digest"]
    assert own.headers["Words-Digest"] == (await manager.get(f"{path}/versions/1")).json()["words_digest"]


async def test_drafts_are_hidden_from_those_who_only_read(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    intranet = await shared.as_role("intranet", tenant=tenant)
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    for reader in (intranet, lead):
        assert (await reader.get("/v1/incentive-schemes")).json()["data"] == []
        hidden = await reader.get(path)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "schemes.not_found")
    assert len((await manager.get("/v1/incentive-schemes")).json()["data"]) == 1


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


async def test_sign_ups_are_recorded_once_and_corrected(shared: LivePlenary) -> None:
    tenant, codes = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("commissioner_admin", tenant=tenant)
    path = await a_live_scheme(await shared.as_role("scheme_manager", tenant=tenant))
    assert (await sign_up(manager, path, *codes)).json() == {"created": 2, "updated": 0, "unchanged": 0}
    assert (await sign_up(manager, path, *codes)).json() == {"created": 0, "updated": 0, "unchanged": 2}
    corrected = await sign_up(manager, path, codes[0], evidence="scan 7")
    assert corrected.json() == {"created": 0, "updated": 1, "unchanged": 0}
    row = (await manager.get(f"{path}/sign-ups")).json()["data"][0]
    assert (row["practice"], row["on_behalf"], row["evidence"], row["signatory"]) == (
        codes[0],
        True,
        "scan 7",
        SIGNATORY,
    )
    intranet = await shared.as_role("intranet", tenant=tenant)
    assert (await intranet.get(f"{path}/participation")).json()["data"][0]["signatory"] is None


async def test_a_practice_closed_before_the_scheme_signs_only_for_the_record(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1", status="closed", closed_on=date(2024, 3, 31))
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    refused = await sign_up(manager, path, practice)
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.sign_ups_refused")
    assert refused.json()["errors"][0] == {
        "pointer": "/sign_ups/0/practice",
        "code": "schemes.practice_closed",
        "detail": "The practice closed before the scheme starts; say historical where that is meant.",
    }
    assert (await sign_up(manager, path, practice, historical=True)).json()["created"] == 1


async def test_an_agreement_that_is_yet_to_be_signed_is_refused(shared: LivePlenary) -> None:
    tenant, (practice, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    refused = await sign_up(manager, path, practice, signed_on="2026-11-23")
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.sign_ups_refused")
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/sign_ups/0/signed_on", "schemes.signed_in_future")
    assert (await sign_up(manager, path, other, signed_on="2026-11-22")).json()["created"] == 1


async def test_nobody_is_signed_up_to_a_scheme_without_words(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    refused = await sign_up(manager, path, practice)
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.not_published")


async def test_a_sign_up_of_a_stranger_is_404_and_nothing_is_half_done(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    _, (stranger,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    answer = await sign_up(manager, path, practice, stranger)
    assert (answer.status_code, answer.json()["code"]) == (404, "organisations.practice_not_found")
    assert answer.json()["errors"][0]["pointer"] == "/sign_ups/1/practice"
    assert (await manager.get(f"{path}/participation")).json()["data"] == []


async def test_a_practices_facts_wait_until_the_office_confirms_them(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    lead = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    entered = await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a"), a_fact(practice, "b", value=1)]})
    assert (entered.status_code, entered.json()) == (201, {"created": 2, "changed": 0, "unchanged": 0})
    query = {"practice": practice, "period": "2026-04-01/2026-07-01"}
    waiting = (await lead.get(f"{path}/entitlement", params=query)).json()
    assert (waiting["so_far"]["total"], waiting["expected"]["total"]) == ("0.00", "600.00")
    assert "not confirmed yet" in waiting["so_far"]["notes"][0]
    done = await manager.post(f"{path}/facts/confirm", json={"external_ids": ["a"]})
    assert done.json() == {"confirmed": 1, "unchanged": 0}
    paid = (await lead.get(f"{path}/entitlement", params=query)).json()
    assert (paid["so_far"]["total"], paid["expected"]["total"]) == ("300.00", "600.00")
    over = await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a", on="2026-05-07")]})
    assert (over.status_code, over.json()["errors"][0]["code"]) == (422, "schemes.fact_confirmed")


async def test_nobody_confirms_facts_of_a_practice_where_they_hold_a_post(shared: LivePlenary) -> None:
    tenant, (practice, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice, other)
    lead = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a")]})
    person = await shared.make_person("Both Sides", tenant=tenant)
    async with shared.session(tenant) as session:
        await add_post(session, person, practice)
    partner = await shared.as_role("scheme_manager", tenant=tenant, person=person)
    for url, body in (
        (f"{path}/facts/confirm", {"external_ids": ["a"]}),
        (f"{path}/facts", {"facts": [a_fact(practice, "a")]}),
        (f"{path}/facts", {"facts": [a_fact(other, "a")]}),
    ):
        refused = await partner.post(url, json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "schemes.own_practice"), body
    assert (await partner.post(f"{path}/facts", json={"facts": [a_fact(other, "b")]})).status_code == 201
    stand = {each["external_id"]: each["state"] for each in (await manager.get(f"{path}/facts")).json()["data"]}
    assert stand == {"a": "entered", "b": "confirmed"}


async def test_facts_that_would_be_lost_are_refused_with_pointers(shared: LivePlenary) -> None:
    tenant, (practice, outside) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    facts = [
        a_fact(outside, "a"),
        a_fact(practice, "b", measure="sessions"),
        a_fact(practice, "c"),
        a_fact(practice, "d", on="2027-04-01"),
        a_fact(practice, "e", value="-1"),
    ]
    answer = await manager.post(f"{path}/facts", json={"facts": facts})
    assert (answer.status_code, answer.json()["code"]) == (422, "schemes.facts_refused")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/facts/0/practice", "schemes.practice_not_in_scheme"),
        ("/facts/1/measure", "schemes.measure_unknown"),
        ("/facts/3/on", "schemes.outside_scheme"),
        ("/facts/4/value", "schemes.negative_count"),
    ]
    assert (await manager.get(f"{path}/facts")).json()["data"] == []


async def test_a_subject_that_is_an_nhs_number_is_refused_and_not_echoed(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    answer = await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "a", subject="943 476 5919")]})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "nhs_number")
    assert "5919" not in answer.text


async def test_a_practice_enters_facts_for_itself_only(shared: LivePlenary) -> None:
    tenant, (practice, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice, other)
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    refused = await lead.post(f"{path}/facts", json={"facts": [a_fact(other, "a")]})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
    assert (await manager.post(f"{path}/facts", json={"facts": [a_fact(other, "a")]})).status_code == 201
    assert (await lead.get(f"{path}/facts")).json()["data"] == []
    taken = await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a")]})
    assert taken.json()["errors"][0]["code"] == "schemes.external_id_taken"


async def test_one_code_says_why_a_practice_may_not_claim(shared: LivePlenary) -> None:
    tenant, (practice, outside) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)

    async def reason(client: httpx.AsyncClient, code: str, period: str) -> tuple[bool, str | None]:
        answer = await client.get(f"{path}/entitlement", params={"practice": code, "period": period})
        return answer.json()["may_claim"], answer.json()["reason"]

    assert await reason(lead, practice, "2026-04-01/2026-07-01") == (False, None)
    assert await reason(lead, practice, "2026-12") == (False, "schemes.window_not_open")
    assert await reason(manager, practice, "2026-05") == (False, "schemes.role")
    assert await reason(manager, outside, "2026-05") == (False, "schemes.not_signed_up")
    query = {"practice": outside, "period": "2026-05"}
    found = (await manager.get(f"{path}/entitlement", params=query)).json()
    assert (found["version"], found["so_far"], found["expected"]) == (1, None, None)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("soon", "Write 2026-05, 2026/27 or 2026-04-01/2026-07-01."),
        ("2026-10-01/2026-07-01", "The end is not after the beginning; it is the day after the last."),
    ],
)
async def test_what_is_no_period_is_refused_in_its_own_words(shared: LivePlenary, period: str, words: str) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    wrong = await manager.get(f"{path}/entitlement", params={"practice": practice, "period": period})
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [{"pointer": "?period", "code": "wrong_format", "detail": words}]


async def test_an_entitlement_says_in_words_why_there_is_nothing_to_claim(shared: LivePlenary) -> None:
    tenant, (practice, outside) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)

    async def explanation(code: str, period: str) -> str:
        answer = await manager.get(f"{path}/entitlement", params={"practice": code, "period": period})
        return answer.json()["explanation"]

    assert (await explanation(practice, "2026-05")).startswith("Nothing has to be claimed")
    assert (await explanation(outside, "2026-05")).startswith("The practice has no agreement")
    assert await explanation(practice, "2027/28") == (
        "No one version covers all of this period: the scheme's apply from 2026-04-01 until 2027-04-01,"
        " the last day not included."
    )


async def test_the_calculator_says_each_line_and_keeps_nothing(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("practice_member", tenant=tenant, practice="Y99999")
    body = {
        "definition": LEAD,
        "practices": [
            {"code": "A1", "posts": [{"post": "named_lead", "from": "2026-01-01"}]},
            {"code": "A2"},
        ],
        "facts": [
            {"practice": "A1", "measure": "lead_session", "on": f"2026-05-0{day}", "value": "1"} for day in (1, 2, 3)
        ],
        "period": {"from": "2026-04-01", "until": "2026-07-01"},
    }
    answer = (await client.post("/v1/calculator", json=body)).json()
    assert (answer["total"], [each["total"] for each in answer["practices"]]) == ("600.00", ["600.00", "0.00"])
    line = answer["practices"][0]["lines"][0]
    assert (line["component"], line["quantity"], line["rate"], line["amount"]) == ("lead-time", "2", "300.00", "600.00")
    assert line["sentence"] == "300.00 a session x 2 sessions (3 sessions in May, 2 paid) = 600.00."
    assert answer["practices"][1]["lines"][0]["sentence"].startswith("Not paid, because the practice had no named lead")


async def test_the_calculator_says_which_facts_the_definition_does_not_read(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("scheme_manager", tenant=tenant)
    fact = {"practice": "A1", "on": "2026-05-06", "value": "1"}
    body = {
        "definition": SESSIONS,
        "practices": [{"code": "A1"}],
        "facts": [{**fact, "measure": "sessions"}, {**fact, "measure": "lead_session"}],
        "period": {"from": "2026-04-01", "until": "2026-07-01"},
    }
    answer = (await client.post("/v1/calculator", json=body)).json()
    assert (answer["total"], answer["notes"]) == (
        "300.00",
        ['1 fact is named sessions, which the definition does not read; its "fact" names: lead_session.'],
    )


async def test_a_size_without_a_date_counts_on_the_day_the_definition_asks_for(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    client = await shared.as_role("scheme_manager", tenant=tenant)
    body = {
        "definition": {**PER_HEAD, "measures": {"list": {**PER_HEAD["measures"]["list"], "snapshot": "year_start"}}},
        "practices": [{"code": "A1", "registered": "8412"}],
        "period": {"from": "2014-07-01", "until": "2014-10-01"},
    }
    answer = (await client.post("/v1/calculator", json=body)).json()
    assert answer["practices"][0]["lines"][0]["sentence"] == (
        "2.00 a year per registered patient x 8,412 patients on 1 April 2014 = 16,824.00; a quarter of it is 4,206.00."
    )
    broken = await client.post("/v1/calculator", json={**body, "period": {"from": "2014-07-01", "until": "2014-09-20"}})
    assert (broken.status_code, broken.json()["code"]) == (422, "calculation.broken_month")


async def test_a_simulation_is_worked_out_by_the_worker(shared: LivePlenary) -> None:
    tenant, (small, large) = await a_tenant(shared, "1", "2", registered="2500")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, PER_HEAD)
    asked = await manager.post(f"{path}/versions/1/simulate")
    assert (asked.status_code, asked.json()["result"]["version"]) == (202, 1)
    await shared.work()
    done = (await manager.get(asked.headers["Location"])).json()
    assert done["status"] == "succeeded", done
    assert [(each["practice"], each["expected"]) for each in done["result"]["practices"]] == [
        (small, "5000.00"),
        (large, "5000.00"),
    ]
    assert done["result"]["totals"]["expected"] == "10000.00"
    assert done["result"]["spread"]["list_size"] == [
        {"group": "0 to 2,999", "practices": 2, "least": "10000.00", "expected": "10000.00", "most": "10000.00"}
    ]


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
    await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "a"), a_fact(practice, "b", on="2027-02-01")]})
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    change = {"kind": "close", "practice": practice, "effective_on": "2027-01-01", "dry_run": True}
    tried = await admin.post("/v1/practice-changes", json=change)
    assert tried.is_success, tried.text
    counts = {each["what"]: each["count"] for each in tried.json()["effects"]}
    assert (counts["offers"], counts["agreements"], counts["facts"]) == (0, 1, 1)
