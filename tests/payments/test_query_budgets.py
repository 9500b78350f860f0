"""What a list costs does not depend on how long it is."""

import pytest

from tests.factories.payments import Office
from tests.factories.queries import counted
from tests.factories.service import LivePlenary


@pytest.mark.parametrize("practices", [1, 6])
async def test_statements_with_lines_and_payments_take_six_queries(shared: LivePlenary, practices: int) -> None:
    office = await Office.open(shared, lists=["5000"] * practices)
    run_id = await office.pay()
    with counted(shared) as statements:
        found = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()
    assert len(found["data"]) == practices
    assert len(_of_payments(statements)) == 6


async def test_runs_take_one_query(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    for period_paid in ("first", "again"):
        assert await office.pay(), period_paid
    with counted(shared) as statements:
        found = (await office.manager.get("/v1/payment-runs")).json()
    assert len(found["data"]) == 2
    assert len(_of_payments(statements)) == 1


def _of_payments(statements: list[str]) -> list[str]:
    """Without finding the caller's key, which is remembered for a moment and so asked for now and then."""
    return [statement for statement in statements if "find_api_key" not in statement]
