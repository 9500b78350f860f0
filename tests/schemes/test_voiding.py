"""A declaration is bound to its values: whatever moves one of them voids it, at once or at the next look."""

import asyncio

from tests.factories.claims import DAYS, QUARTER, Claiming
from tests.factories.service import LivePlenary


async def test_a_fact_that_changes_a_value_voids_the_declaration_at_once_and_says_what_moved(
    shared: LivePlenary,
) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare", "vet")
    assert (await claiming.record(DAYS[0], value="0")).json()["changed"] == 1
    seen = await claiming.seen()
    assert (seen["state"], seen["declaration"], seen["vetted_by"], seen["expected"]["total"]) == (
        "open",
        None,
        None,
        "1500.00",
    )
    last = (await claiming.steps())[-1]
    assert (last["kind"], last["amount_before"], last["amount"]) == ("voided", "1800.00", "1500.00")
    assert last["reason"] == "What was declared moved from £1,800.00 to £1,500.00."
    await shared.work()
    told = await shared.fetch(
        "SELECT subject, body_text FROM message WHERE source = 'claim'", tenant=shared.tenants[claiming.tenant]
    )
    assert [row["subject"] for row in told] == ["Declare again: A named lead in every practice"]
    assert "£1,800.00 to £1,500.00" in told[0]["body_text"]
    # It may be declared again, although its time is over by now.
    assert (await claiming.step("declare")).json()["amount"] == "1500.00"


async def test_the_same_facts_again_and_their_confirmation_void_nothing(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.record(*DAYS, by=claiming.lead)
    await claiming.open()
    await claiming.step("declare")
    for client in (claiming.lead, claiming.manager):
        assert (await claiming.record(*DAYS, by=client)).is_success
    assert await claiming.state() == "declared"


async def test_evidence_of_another_time_voids_nothing(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare")
    await claiming.record("2026-06-30", "2026-10-01")
    assert await claiming.state() == "declared"


async def test_what_moves_by_a_new_version_is_found_when_the_claim_is_vetted_and_stays_void(
    shared: LivePlenary,
) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare")
    await claiming.backdate("310.00")
    assert (await claiming.seen())["declaration"]["holds"] is False
    headers = {"If-Match": "*", "Idempotency-Key": "vet-once"}
    refused = await claiming.vetter.post(f"{claiming.claim}/vet", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.declaration_void")
    assert refused.json()["detail"] == "What was declared moved from £1,800.00 to £1,860.00."
    assert await claiming.state() == "open"
    await claiming.step("declare")
    # A refusal is not kept under its key.
    assert (await claiming.vetter.post(f"{claiming.claim}/vet", headers=headers)).status_code == 200


async def test_what_moved_unseen_is_found_by_the_run_which_does_not_pay_it(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare", "vet", "approve")
    # As a correction of a list would: beside every route that looks at claims.
    await shared.execute(
        "UPDATE scheme_fact SET value = 2 WHERE external_id = $1",
        f"session-{DAYS[0]}",
        tenant=shared.tenants[claiming.tenant],
    )
    run = await claiming.calculate()
    assert (await claiming.line(run))[2] == (
        "Not paid, because what was declared for this period has changed since: 0.00."
    )
    assert await claiming.state() == "open"


async def test_the_values_that_are_declared_are_those_that_were_read(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto()
    read = (await claiming.seen())["values_digest"]
    await claiming.record("2026-09-23")
    moved = await claiming.step("declare", values_digest=read)
    assert (moved.status_code, moved.json()["code"]) == (409, "schemes.values_moved")
    now = (await claiming.seen())["values_digest"]
    declared = await claiming.step("declare", values_digest=now)
    assert declared.json()["declaration"]["values_digest"] == now


async def test_a_fact_and_a_declaration_at_once_leave_no_stale_declaration(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto()
    await asyncio.gather(
        *(claiming.record(f"2026-09-{day:02}") for day in range(17, 24)), *(claiming.step("declare") for _ in range(4))
    )
    seen = await claiming.seen()
    assert seen["state"] == "open" or seen["declaration"]["holds"] is True


async def test_one_code_says_whether_a_practice_may_claim(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)

    async def may(period: str = QUARTER) -> tuple[bool, str | None]:
        query = {"practice": claiming.practice, "period": period}
        found = (await claiming.lead.get(f"{claiming.scheme}/entitlement", params=query)).json()
        assert found["explanation"]
        return found["may_claim"], found["reason"]

    assert await may() == (True, None)
    assert await may("2026-10-01/2027-01-01") == (False, "schemes.window_not_open")
    assert await may("2026-04-01/2026-07-01") == (False, "schemes.window_missed")
    for period, code in (
        ({"from": "2026-10-01", "until": "2027-01-01"}, "schemes.window_not_open"),
        ({"from": "2026-04-01", "until": "2026-07-01"}, "schemes.window_missed"),
    ):
        refused = await claiming.open(period)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert (await claiming.open()).status_code == 201
    assert await may() == (False, "schemes.already_claimed")
    twice = await asyncio.gather(*(claiming.open({"from": "2026-08-01", "until": "2026-09-01"}) for _ in range(3)))
    assert {(each.status_code, each.json()["code"]) for each in twice} == {(409, "schemes.already_claimed")}
    assert (await claiming.step("withdraw")).json()["state"] == "withdrawn"
    assert await may() == (True, None)
