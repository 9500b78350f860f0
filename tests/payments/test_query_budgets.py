"""What a list costs does not depend on how long it is."""

from datetime import date
from uuid import UUID

import pytest

from app.core.clock import Period, add_months
from app.core.pagination import Cursors, PageParams
from app.payments.service import position_of, stand_of
from app.schemes.service import expected_of_practice
from tests.factories.claims import Claiming
from tests.factories.payments import Office
from tests.factories.queries import counted
from tests.factories.schemes import QUARTER
from tests.factories.service import LivePlenary


@pytest.mark.parametrize("practices", [1, 6])
async def test_statements_with_lines_and_payments_take_eight_queries(shared: LivePlenary, practices: int) -> None:
    office = await Office.open(shared, lists=["5000"] * practices)
    run_id = await office.pay()
    with counted(shared) as statements:
        found = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()
    assert len(found["data"]) == practices
    assert len(_of_payments(statements)) == 8


async def test_runs_take_one_query(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    for period_paid in ("first", "again"):
        assert await office.pay(), period_paid
    with counted(shared) as statements:
        found = (await office.manager.get("/v1/payment-runs")).json()
    assert len(found["data"]) == 2
    assert len(_of_payments(statements)) == 1


@pytest.mark.parametrize("schemes", [1, 4])
async def test_what_a_practice_expects_takes_six_queries_for_any_number_of_schemes(
    shared: LivePlenary, schemes: int
) -> None:
    office = await Office.open(shared, lists=("5000",))
    for n in range(1, schemes):
        await Office.sign_up(shared, office.tenant, office.practices, code=f"S{n}")
    async with shared.session(office.tenant) as session:
        with counted(shared) as statements:
            found = await expected_of_practice(session, office.practices[0], QUARTER)
    assert [result.total for _, result in found] == [250_000] * schemes
    assert len(statements) == 6


@pytest.mark.parametrize("released", [0, 2])
async def test_a_budget_takes_as_many_queries_whatever_was_released(shared: LivePlenary, released: int) -> None:
    office = await Office.open(shared)
    for month in range(released):
        start = add_months(date(2026, 4, 1), month)
        await office.pay(Period(start, add_months(start, 1)))
    async with shared.session(office.tenant) as session:
        with counted(shared) as statements:
            await stand_of(session, office.scheme, on=date(2026, 11, 30))
        # Nothing is held while the year is worked out, and nothing was left to write.
        assert not session.in_transaction()
    assert len(statements) == 11


@pytest.mark.parametrize("schemes", [1, 3])
async def test_a_position_takes_as_many_queries_for_each_scheme(shared: LivePlenary, schemes: int) -> None:
    office = await Office.open(shared, lists=("5000",))
    for n in range(1, schemes):
        await Office.sign_up(shared, office.tenant, office.practices, code=f"S{n}")
    async with shared.session(office.tenant) as session:
        with counted(shared) as statements:
            cursors = Cursors([b"k" * 32], "epoch-1")
            day = date(2026, 11, 30)
            _, found = await position_of(session, on=day, today=day, params=PageParams(), cursors=cursors)
    assert len(found.rows) == schemes
    assert len(statements) == 1 + 11 * schemes


async def test_a_budget_reads_what_was_declared_only_where_it_bounds_what_was_paid(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare")
    async with shared.session(claiming.tenant) as session:
        with counted(shared) as statements:
            stand = await stand_of(session, UUID(claiming.scheme_id), on=date(2026, 11, 30))
    assert stand.whole.entitled == 180_000
    assert [each for each in statements if "evidence" in each] == []


@pytest.mark.parametrize("asked", [1, 3])
async def test_queries_take_one_query_however_many_there_are(shared: LivePlenary, asked: int) -> None:
    office = await Office.open(shared, lists=["5000"] * asked)
    run_id = await office.pay()
    for code in office.practices:
        line = (await office.statement(run_id, code))["lines"][0]["reference"]
        asker = await shared.as_role("practice_manager", tenant=office.tenant, practice=code)
        assert (await asker.post(f"/v1/payment-lines/{line}/queries", json={"text": "Why?"})).status_code == 201
    with counted(shared) as statements:
        found = (await office.manager.get("/v1/payment-queries")).json()
    assert len(found["data"]) == asked
    assert len(_of_payments(statements)) == 1


def _of_payments(statements: list[str]) -> list[str]:
    """Without finding the caller's key, which is remembered for a moment and so asked for now and then."""
    return [statement for statement in statements if "find_api_key" not in statement]
