"""Versions over HTTP: drafted, checked, put into words and published."""

import re
from typing import Any

import pytest

from tests.factories.calculation import pooled
from tests.factories.schemes import PER_HEAD, SESSIONS
from tests.factories.schemes_over_http import SCHEME, YEAR, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}
SESSIONS_A_YEAR = {"least": "0.00", "expected": "7200.00", "most": "7200.00"}


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
        "not_worked_out": [],
        # The only version is the live one itself.
        "difference": None,
        "per_practice": [
            {"practice": large, **SESSIONS_A_YEAR, "budget": "16824.00", "before": None, "change": None},
            {"practice": small, **SESSIONS_A_YEAR, "budget": "6000.00", "before": None, "change": None},
        ],
    }


async def test_the_check_says_what_a_new_version_changes_for_each_practice_and_in_total(shared: LivePlenary) -> None:
    tenant, (large,) = await a_tenant(shared, "1", registered="8412")
    small = f"{large[:-1]}2"
    await shared.make_practice(small, tenant, registered="3000")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    half = {"from": "2026-10-01", "until": "2027-04-01"}
    await manager.post(f"{path}/versions", json={"applies": half, "definition": PER_HEAD, "reason": "By heads."})
    check = (await manager.post(f"{path}/versions/2/check")).json()
    # Half a year: 1.00 a head instead of twelve sessions at 300.00.
    assert check["difference"] == {
        "scheme": path.rpartition("/")[2],
        "version": 1,
        "period": half,
        "practices": 2,
        "gaining": 1,
        "losing": 1,
        "before": {"least": "0.00", "expected": "7200.00", "most": "7200.00"},
        "change": {"least": "11412.00", "expected": "4212.00", "most": "4212.00"},
    }
    assert check["per_practice"][1] == {
        "practice": small,
        "least": "3000.00",
        "expected": "3000.00",
        "most": "3000.00",
        "budget": "3000.00",
        "before": {"least": "0.00", "expected": "3600.00", "most": "3600.00"},
        "change": {"least": "3000.00", "expected": "-600.00", "most": "-600.00"},
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


async def test_a_practice_expects_its_share_of_a_pot_among_all_who_may_join(shared: LivePlenary) -> None:
    tenant, (first, second, third) = await a_tenant(shared, "1", "2", "3", registered="5000")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, {**PER_HEAD, "pay": pooled(budget="12000.00")})

    async def expected() -> str:
        words = await manager.get(f"{path}/versions/1/in-words", params={"practice": first})
        return re.findall(r"expected ([0-9,.]+),", words.text)[0]

    assert await expected() == "4,000.00"
    offers = {"practices": [first, second], "respond_by": "2026-12-24"}
    assert (await manager.post(f"{path}/offers", json=offers)).status_code == 201
    assert await expected() == "6,000.00"
    assert (await sign_up(manager, path, third)).is_success
    assert await expected() == "4,000.00"


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


@pytest.mark.parametrize(
    ("applies", "pointers"),
    [
        ({"from": "2025-04-01", "until": "2026-04-01"}, ["/applies/from"]),
        ({"from": "2026-03-01", "until": "2027-04-01"}, ["/applies/from"]),
        ({"from": "2027-04-01", "until": "2027-05-01"}, ["/applies/from"]),
    ],
    ids=["last year", "too early", "too late"],
)
async def test_a_version_outside_the_schemes_year_is_refused(
    shared: LivePlenary, applies: dict[str, str], pointers: list[str]
) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    body = {"applies": applies, "definition": PER_HEAD, "reason": "Mistyped."}
    refused = await manager.post(f"{path}/versions", json=body)
    assert (refused.status_code, [each["pointer"] for each in refused.json()["errors"]]) == (422, pointers)
    assert {each["code"] for each in refused.json()["errors"]} == {"schemes.outside_year"}
    await manager.post(f"{path}/versions", json=body | {"applies": YEAR})
    put = await manager.put(f"{path}/versions/1", json=body, headers=ANY)
    assert (put.status_code, [each["pointer"] for each in put.json()["errors"]]) == (422, pointers)


async def test_a_draft_from_before_that_is_outside_the_year_is_found_by_the_check_and_not_published(
    shared: LivePlenary,
) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    await manager.post(f"{path}/versions", json={"applies": YEAR, "definition": PER_HEAD, "reason": "Old."})
    await shared.execute(
        "UPDATE scheme_version SET applies_from = '2025-04-01', applies_until = '2026-04-01' WHERE commissioner_id = $1",
        shared.tenants[tenant],
        tenant=shared.tenants[tenant],
    )
    check = (await manager.post(f"{path}/versions/1/check")).json()
    assert (check["valid"], [each["pointer"] for each in check["problems"]]) == (False, ["/applies/from"])
    refused = await manager.post(f"{path}/versions/1/publish", headers=ANY)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "schemes.outside_year")


async def test_the_live_version_is_not_the_correction_of_a_quarter_that_is_over(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    found = []
    for n, applies in ((2, {"from": "2026-04-01", "until": "2026-07-01"}), (3, YEAR)):
        await manager.post(
            f"{path}/versions", json={"applies": applies, "definition": PER_HEAD, "reason": "Put right."}
        )
        assert (await manager.post(f"{path}/versions/{n}/publish", headers=ANY)).status_code == 200
        found.append((await manager.get(path)).json()["live_version"])
    assert found == [1, 3]
