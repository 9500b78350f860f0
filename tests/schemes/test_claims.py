"""The life of a claim over HTTP: from opening to its place in a run."""

from tests.factories.claims import DAYS, Claiming
from tests.factories.service import LivePlenary


async def test_a_claim_is_declared_vetted_approved_and_paid_by_the_next_run(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare", "vet", "approve")
    seen = await claiming.seen()
    assert (seen["state"], seen["amount"], seen["declaration"]["holds"]) == ("approved", "1800.00", True)
    run = await claiming.calculate()
    assert await claiming.line(run) == ("1800.00", False, "300.00 a session x 6 sessions = 1,800.00.")
    seen = await claiming.seen()
    assert (seen["state"], f"/v1/payment-runs/{seen['payment_run']}") == ("in_run", run)
    await claiming.release(run)
    assert await claiming.state() == "paid"
    kinds = [step["kind"] for step in await claiming.steps()]
    assert kinds == ["opened", "declared", "vetted", "approved", "put_in_run", "paid"]


async def test_without_an_approved_claim_a_run_succeeds_and_pays_nothing(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.record(*DAYS)
    words = "Not paid, because no claim for this period is approved: 0.00."
    first = await claiming.calculate()
    assert await claiming.line(first) == ("0.00", True, words)
    assert (
        await claiming.approver.post(f"{first}/reject", headers={"If-Match": "*"}, json={"reason": "Early."})
    ).is_success
    await claiming.open()
    await claiming.step("declare")
    assert await claiming.line(await claiming.calculate()) == ("0.00", True, words)
    assert await claiming.state() == "declared"


async def test_a_claim_that_is_approved_late_is_paid_by_a_later_run(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.record(*DAYS)
    await claiming.pay()
    await claiming.open()
    for verb in ("declare", "vet", "approve"):
        assert (await claiming.step(verb)).is_success
    assert (await claiming.line(await claiming.calculate()))[0] == "1800.00"
    assert await claiming.state() == "in_run"


async def test_a_run_that_is_rejected_gives_its_claims_back(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare", "vet", "approve")
    run = await claiming.calculate()
    held = await claiming.step("withdraw")
    assert (held.status_code, held.json()["code"]) == (409, "schemes.claim_settled")
    answer = await claiming.approver.post(f"{run}/reject", headers={"If-Match": "*"}, json={"reason": "Wrong month."})
    assert answer.status_code == 200
    seen = await claiming.seen()
    assert (seen["state"], seen["payment_run"], seen["declaration"]["holds"]) == ("approved", None, True)
    assert (await claiming.line(await claiming.calculate()))[0] == "1800.00"


async def test_evidence_that_comes_while_a_run_holds_the_claim_voids_it_when_it_comes_back(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare", "vet", "approve")
    run = await claiming.calculate()
    await claiming.record("2026-09-23")
    assert await claiming.state() == "in_run"
    await claiming.approver.post(f"{run}/reject", headers={"If-Match": "*"}, json={"reason": "More to come."})
    assert await claiming.state() == "open"
    assert [step["kind"] for step in await claiming.steps()][-2:] == ["returned", "voided"]
