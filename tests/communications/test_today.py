"""One practice's day, as each caller may see it."""

import pytest

from tests.factories.calculation import gate, per_session, total
from tests.factories.claims import Claiming
from tests.factories.communications import announcement, give_post
from tests.factories.schemes import SESSIONS
from tests.factories.schemes_over_http import a_fact, a_live_scheme, sign_up
from tests.factories.service import LivePlenary


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    code = await shared.fresh_tenant()
    for letter in "AB":
        await shared.make_practice(f"{code}{letter}", code)
    return code


async def test_practice_sees_what_waits_for_it_what_it_will_be_paid_and_why(shared, tenant):
    practice = f"{tenant}A"
    lead = await shared.make_person("Ann Lead", tenant=tenant, email=f"ann@{tenant.lower()}.example")
    await give_post(shared, tenant, lead, "named_lead", practice=practice)
    ann = await shared.as_role("practice_lead", tenant=tenant, practice=practice, person=lead)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    signed = await a_live_scheme(manager, title="Lead time")
    assert (await sign_up(manager, signed, practice)).is_success
    facts = [a_fact(practice, "one", on="2026-10-07"), a_fact(practice, "two", on="2026-11-04")]
    assert (await manager.post(f"{signed}/facts", json={"facts": facts})).is_success
    offered = await a_live_scheme(manager, code="HALF", title="Half-days")
    offer = await manager.post(f"{offered}/offers", json={"practices": [practice], "respond_by": "2026-12-24"})
    editor = await shared.as_role("editor", tenant=tenant)
    body = announcement(must_acknowledge_by="2026-12-01", title="Flu")
    await editor.post("/v1/announcements", json=body)
    meeting = {
        "title": "Members' meeting",
        "purpose": "Plan the winter.",
        "level": "commissioner",
        "starts_at": "2026-12-02T13:00:00Z",
        "ends_at": "2026-12-02T15:00:00Z",
    }
    assert (await manager.post("/v1/meetings", json=meeting)).status_code == 201
    await shared.work()

    answer = await ann.get(f"/v1/practices/{practice}/today")
    assert answer.status_code == 200, answer.text
    today = answer.json()
    assert [(task["what"], task["due_on"]) for task in today["todo"]] == [
        ("Acknowledge: Flu", "2026-12-01"),
        ("Answer the offer: Half-days", "2026-12-24"),
    ]
    assert offer.is_success
    [money] = today["money"]
    assert (money["title"], money["expected"], money["pay_by"]) == ("Lead time", "600.00", "2027-01-31")
    assert money["period"] == {"from": "2026-10-01", "until": "2027-01-01"}
    assert "2 sessions = 600.00" in money["sentence"]
    assert today["named_lead"] == {"name": "Ann Lead", "post": "Named lead"}
    assert [item["title"] for item in today["news"]] == ["Flu"]
    assert [item["title"] for item in today["meetings"]] == ["Members' meeting"]
    assert today["issues"] == []
    same = await ann.get(f"/v1/practices/{practice}/today", headers={"If-None-Match": answer.headers["ETag"]})
    assert same.status_code == 304


async def test_issue_that_waits_for_an_answer_is_a_task(shared, tenant):
    asked, raiser = f"{tenant}A", f"{tenant}B"
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=raiser)
    body = {
        "title": "Letters come late",
        "body": "Ten days.",
        "raised_by": {"type": "practice", "id": raiser},
        "practices": [asked],
    }
    assert (await lead.post("/v1/issues", json=body)).status_code == 201
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=asked)
    today = (await manager.get(f"/v1/practices/{asked}/today")).json()
    assert [issue["title"] for issue in today["issues"]] == ["Letters come late"]
    assert [task["what"] for task in today["todo"]] == [
        "Answer the issue: Letters come late",
        "Name a lead of the practice",
    ]


async def test_a_period_that_may_be_claimed_waits_until_its_claim_is_declared(shared):
    case = await Claiming.start(shared)

    async def waits() -> list[tuple[str, str | None]]:
        today = (await case.lead.get(f"/v1/practices/{case.practice}/today")).json()
        hrefs = [task["href"] for task in today["todo"] if "laim" in task["what"]]
        assert [(await case.lead.get(href)).status_code for href in hrefs] == [200] * len(hrefs)
        return [(task["what"], task["due_on"]) for task in today["todo"] if "laim" in task["what"]]

    title = "A named lead in every practice, 1 July 2026 to 30 September 2026"
    assert await waits() == [(f"Claim: {title}", "2026-12-29")]
    await case.upto()
    assert await waits() == [(f"Declare the claim: {title}", "2026-12-29")]
    await case.step("declare")
    assert await waits() == []
    await case.step("reject", reason_code="evidence_missing")
    assert await waits() == [(f"Claim: {title}", "2027-02-20")]


async def test_what_lines_have_in_common_is_said_once(shared, tenant):
    practice = f"{tenant}A"
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    closed = gate(total(per_session(component="one"), per_session(component="two")))
    path = await a_live_scheme(manager, {**SESSIONS, "pay": closed})
    assert (await sign_up(manager, path, practice)).is_success
    [money] = (await manager.get(f"/v1/practices/{practice}/today")).json()["money"]
    assert money["expected"] == "0.00"
    assert money["sentence"].count("Not paid") == 1


async def test_what_a_caller_may_not_see_is_null(shared, tenant):
    practice = f"{tenant}A"
    neighbour = await shared.as_role("practice_manager", tenant=tenant, practice=f"{tenant}B")
    seen = (await neighbour.get(f"/v1/practices/{practice}/today")).json()
    assert (seen["todo"], seen["money"], seen["issues"]) == (None, None, None)
    assert seen["news"] == []
    approver = await shared.as_role("payments_approver", tenant=tenant)
    seen = (await approver.get(f"/v1/practices/{practice}/today")).json()
    assert (seen["todo"], seen["money"]) == (None, [])
    intranet = await shared.as_role("intranet", tenant=tenant)
    seen = (await intranet.get(f"/v1/practices/{practice}/today")).json()
    assert (seen["todo"], seen["money"]) == (None, None)
    patient = await shared.as_role("forum_member", tenant=tenant)
    assert (await patient.get(f"/v1/practices/{practice}/today")).json()["issues"] is None


async def test_practice_of_another_tenant_is_not_there(shared, tenant):
    stranger = await shared.as_role("practice_manager", tenant=await shared.fresh_tenant())
    answer = await stranger.get(f"/v1/practices/{tenant}A/today")
    assert (answer.status_code, answer.json()["code"]) == (404, "organisations.practice_not_found")
