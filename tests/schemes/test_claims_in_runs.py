"""Claims and runs over time: what one run leaves, a later one finds, once."""

from tests.factories.claims import Claiming
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
