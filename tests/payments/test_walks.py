"""Whatever people try, in whatever order: money leaves by enough different hands, once, and as a fresh calculation says."""

import pytest

from tests.depth import DEEP
from tests.factories.service import LivePlenary
from tests.payments.test_journal import carried
from tests.payments.walking import QUARTERS, Walk


@pytest.mark.parametrize("seed", range(300) if DEEP else (3, 29))
async def test_a_walk_by_chance_ends_in_a_ledger_that_is_a_fresh_calculation(shared: LivePlenary, seed: int) -> None:
    walk = await Walk.begin(shared, seed)
    await walk.take(120 if DEEP else 70)
    assert DEEP or (walk.beside.corrections and walk.beside.agreements), "the walks in the suite get as far as both"
    await walk.close()
    posted = await walk.posted()
    assert posted == {period: await walk.due(period) for period in posted}, walk.taken
    await walk.beside.look_back()
    for run_id, as_released in walk.as_released.items():
        assert await walk.statements(run_id) == as_released, "as known then"
    for run_id in await walk.released():
        filed = await carried(walk.office, run_id)
        owed = filed.pop("", 0)
        assert filed == await walk.booked(run_id), "by payments and journal, as it was booked"
        assert owed == await walk.owed_more(run_id), "what is owed from now on, less what was owed before"
    again = await walk.office.run(await walk.office.calculate(QUARTERS[-1]))
    assert (again["state"], again["practices"], again["total"]) == ("calculated", 0, "0.00")
