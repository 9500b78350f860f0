"""Decisions about claims: by different people, of the very values that were declared, never of one's own practice."""

import asyncio
from collections.abc import Awaitable
from datetime import date
from functools import partial

import httpx
import pytest

from app.core.clock import Period
from tests.factories.claims import DAYS, QUARTER, Claiming
from tests.factories.people import somebody_who_left
from tests.factories.service import LivePlenary
from tests.factories.waiting import heard


async def code_of(step: Awaitable[httpx.Response]) -> tuple[int, str]:
    answer = await step
    return answer.status_code, answer.json().get("code", "")


async def test_one_person_does_one_thing_under_whichever_key(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    person = await shared.make_person("Jo Clerk", tenant=claiming.tenant)
    vetter, approver = [
        await shared.as_role(role, tenant=claiming.tenant, person=person)
        for role in ("claims_vetter", "payments_approver")
    ]
    await claiming.upto("declare")
    assert (await claiming.step("vet", by=vetter)).status_code == 200
    assert await code_of(claiming.step("approve", by=approver)) == (409, "schemes.same_person")
    assert (await claiming.step("approve")).status_code == 200


async def test_whoever_gave_the_declaring_person_a_key_does_not_vet(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    clerk = await shared.make_person("Jo Clerk", tenant=claiming.tenant)
    office = await shared.as_role("commissioner_admin", tenant=claiming.tenant, person=clerk)
    body = {
        "name": "Lead",
        "role": "practice_lead",
        "boundary": {"type": "practice", "id": claiming.practice},
        "person": {"name": "Dr Ada Wren", "email": f"ada@{claiming.tenant}.example"},
    }
    made = await office.post("/v1/api-keys", json=body)
    claiming.lead = shared.client(made.json()["key"])
    await claiming.upto("declare")
    vetter = await shared.as_role("claims_vetter", tenant=claiming.tenant, person=clerk)
    assert await code_of(claiming.step("vet", by=vetter)) == (409, "schemes.same_person")


async def test_nobody_decides_about_their_own_practice(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    partner = await shared.make_person("Dr Ben Oak", tenant=claiming.tenant)
    admin = await shared.as_role("commissioner_admin", tenant=claiming.tenant)
    post = {"role": "gp", "practice": claiming.practice, "person_id": str(partner), "from": "2026-08-01"}
    assert (await admin.post("/v1/posts", json=post)).is_success
    vetter = await shared.as_role("claims_vetter", tenant=claiming.tenant, person=partner)
    await claiming.upto("declare")
    for verb, body in (("vet", {}), ("reject", {"reason_code": "evidence_missing"}), ("hold", {"reason": "Wait."})):
        assert await code_of(claiming.step(verb, by=vetter, **body)) == (409, "schemes.own_practice")


@pytest.mark.parametrize(("until", "status"), [(date(2026, 7, 2), 409), (date(2026, 7, 1), 200)])
async def test_whoever_worked_there_in_the_time_that_is_claimed_does_not_vet(
    shared: LivePlenary, until: date, status: int
) -> None:
    claiming = await Claiming.start(shared)
    held = Period(date(2026, 1, 1), until)
    person = await somebody_who_left(shared, claiming.tenant, claiming.practice, held)
    vetter = await shared.as_role("claims_vetter", tenant=claiming.tenant, person=person)
    await claiming.upto("declare")
    assert (await claiming.step("vet", by=vetter)).status_code == status


async def test_whoever_made_a_claim_on_behalf_of_the_practice_does_not_vet(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    clerk = await shared.make_person("Jo Clerk", tenant=claiming.tenant)
    maker, vetter = [
        await shared.as_role(role, tenant=claiming.tenant, person=clerk) for role in ("scheme_manager", "claims_vetter")
    ]
    await claiming.record(*DAYS)
    made = await maker.post(
        f"{claiming.scheme}/claims/bulk",
        content=f"practice\n{claiming.practice}\n".encode(),
        params={"period": QUARTER},
        headers={"Content-Type": "text/csv"},
    )
    assert made.is_success, made.text
    (claim,) = (await claiming.lead.get("/v1/claims")).json()["data"]
    claiming.claim = f"/v1/claims/{claim['id']}"
    assert (await claiming.step("declare")).status_code == 200
    assert await code_of(claiming.step("vet", by=vetter)) == (409, "schemes.same_person")
    assert (await claiming.step("vet")).status_code == 200


async def test_a_large_claim_takes_a_second_approver(shared: LivePlenary) -> None:
    bands = [{"at_least": "0.00", "approvers": 1}, {"at_least": "1500.00", "approvers": 2}]
    claiming = await Claiming.start(shared, bands=bands)
    await claiming.upto("declare", "vet", "approve")
    seen = await claiming.seen()
    assert (seen["state"], len(seen["approvers"]), seen["approvers_required"]) == ("vetted", 1, 2)
    assert await code_of(claiming.step("approve")) == (409, "schemes.same_person")
    assert (await claiming.line(await claiming.calculate()))[:2] == ("0.00", True)
    second = await shared.as_role("payments_approver", tenant=claiming.tenant)
    assert (await claiming.step("approve", by=second)).json()["state"] == "approved"


async def test_a_claim_that_is_drawn_is_checked_by_somebody_else_before_it_is_approved(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, sample_percent=100)
    await claiming.upto("declare", "vet")
    assert (await claiming.seen())["is_sampled"] is True
    assert await code_of(claiming.step("approve")) == (409, "schemes.quality_check_due")
    assert await code_of(claiming.step("quality-check")) == (409, "schemes.same_person")
    clerk = await shared.make_person("Jo Clerk", tenant=claiming.tenant)
    checker = await shared.as_role("claims_vetter", tenant=claiming.tenant, person=clerk)
    assert (await claiming.step("quality-check", by=checker, note="Rota seen.")).status_code == 200
    own = await shared.as_role("payments_approver", tenant=claiming.tenant, person=clerk)
    refused = (await claiming.step("approve", by=own)).json()
    # The database would refuse it as well, without a word about why.
    assert (refused["code"], "checked" in refused["detail"]) == ("schemes.same_person", True)
    assert await code_of(claiming.step("quality-check", by=checker)) == (409, "schemes.claim_not_sampled")
    assert (await claiming.step("approve")).json()["state"] == "approved"


async def test_a_hold_with_its_reason_stops_everybody_and_every_run(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare", "vet", "approve")
    assert (await claiming.step("hold", reason="The rota is being looked into.")).json()["hold"]["reason"]
    run = await claiming.calculate()
    assert (await claiming.line(run))[2] == (
        "Not paid, because its claim is on hold: The rota is being looked into: 0.00."
    )
    assert await code_of(claiming.step("hold", reason="Again.")) == (409, "schemes.claim_held")
    assert (await claiming.step("resume")).json()["hold"] is None
    assert await code_of(claiming.step("resume")) == (409, "schemes.claim_not_held")


async def test_a_claim_is_rejected_for_a_reason_of_the_schemes_list_and_made_anew(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare")
    unknown = await claiming.step("reject", reason_code="weather")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/reason_code")
    rejected = await claiming.step("reject", reason_code="evidence_missing", note="No rota for August.")
    assert (rejected.json()["state"], rejected.json()["reject_reason"]) == ("rejected", "evidence_missing")
    assert await code_of(claiming.step("reject", reason_code="evidence_missing")) == (409, "schemes.claim_settled")
    first = claiming.claim
    assert (await claiming.open()).status_code == 201
    assert claiming.claim != first


async def test_evidence_is_confirmed_before_a_claim_is_vetted(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.record(DAYS[0], by=claiming.lead)
    await claiming.open()
    await claiming.step("declare")
    refused = await claiming.step("vet")
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.evidence_unconfirmed")
    assert refused.json()["detail"].startswith("1 fact named lead_session is not confirmed yet")
    confirm = {"external_ids": [f"session-{DAYS[0]}"]}
    assert (await claiming.manager.post(f"{claiming.scheme}/facts/confirm", json=confirm)).is_success
    assert (await claiming.seen())["declaration"]["holds"] is True
    assert (await claiming.step("vet")).status_code == 200


async def test_a_decision_is_about_the_figure_that_was_read(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare")
    tag = (await claiming.vetter.get(claiming.claim)).headers["ETag"]
    await claiming.record("2026-09-23")
    assert (await claiming.step("vet", tag=tag)).status_code == 412


async def test_of_64_approvals_at_once_the_last_that_is_needed_is_taken_once(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, bands=[{"at_least": "0.00", "approvers": 2}])
    await claiming.upto("declare", "vet")
    approvers = [await shared.as_role("payments_approver", tenant=claiming.tenant) for _ in range(8)]

    presses = [partial(claiming.step, "approve", by=approvers[no % 8]) for no in range(64)]
    answers = await asyncio.gather(*map(heard, presses))
    taken = [answer.json() for answer in answers if answer.status_code == 200]
    assert sorted(each["state"] for each in taken) == ["approved", "vetted"]
    refusals = {answer.json()["code"] for answer in answers if answer.status_code != 200}
    assert refusals <= {"schemes.claim_not_vetted", "schemes.same_person"}
    seen = await claiming.seen()
    assert (seen["state"], len(set(seen["approvers"]))) == ("approved", 2)
    assert [step["kind"] for step in await claiming.steps()].count("approved") == 2


@pytest.mark.parametrize("verb", ["declare", "vet", "approve"])
async def test_steps_are_taken_in_their_order(shared: LivePlenary, verb: str) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto(*([] if verb != "declare" else ["declare"]))
    codes = {"declare": "claim_not_open", "vet": "claim_not_declared", "approve": "claim_not_vetted"}
    assert await code_of(claiming.step(verb)) == (409, f"schemes.{codes[verb]}")
