"""Claims and runs over time: what one run leaves, a later one finds, once."""

from tests.factories.claims import ANY, DAYS, Claiming
from tests.factories.service import LivePlenary

NEXT = {"from": "2026-10-01", "until": "2027-01-01"}


async def test_a_claim_that_a_run_voided_is_paid_once_it_is_approved_again(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare", "vet", "approve")
    await claiming.backdate("310.00")
    await claiming.pay()
    assert await claiming.state() == "open"
    for verb in ("declare", "vet", "approve"):
        assert (await claiming.step(verb)).is_success
    lines = await claiming.lines(await claiming.pay(NEXT))
    assert [line["amount"] for line in lines if line["kind"] == "adjustment"] == ["1860.00"]
    assert await claiming.state() == "paid"


async def test_a_correction_that_is_paid_does_not_stand_for_a_claim(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.record(*DAYS)
    (line,) = await claiming.lines(await claiming.pay())
    asked = await claiming.lead.post(f"/v1/payment-lines/{line['reference']}/queries", json={"text": "Why nothing?"})
    path = asked.headers["Location"]
    upheld = {"outcome": "upheld", "text": "Yes.", "correction": {"amount": "50.00", "reason": "A room was hired."}}
    assert (await claiming.manager.post(f"{path}/answer", json=upheld, headers=ANY)).is_success
    assert (await claiming.approver.post(f"{path}/correction/approve", headers=ANY)).is_success
    assert [line["amount"] for line in await claiming.lines(await claiming.pay())] == ["50.00"]
    await claiming.record("2026-09-23")
    statement = await claiming.manager.get(f"{await claiming.calculate()}/statements/{claiming.practice}")
    assert statement.json().get("lines", []) == []
