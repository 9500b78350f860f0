"""Many rows at once: the same rows arrive, however many there are, and nothing is left of how they came."""

import pytest
from sqlalchemy import text

from app.core.bulk import add_rows, fetch_rows
from app.core.clock import SystemClock
from app.core.db import Tx
from app.core.ids import new_id

COLUMNS = ("id", "name", "email", "name_key", "objects_to_listing", "created_at")
NAMES = "SELECT name FROM person WHERE commissioner_id = $1 AND name LIKE 'many %' ORDER BY length(name), name"


@pytest.mark.parametrize("number", [0, 1, 1_500, 1_501])
async def test_few_rows_and_many_arrive_in_the_sessions_tenant(db: Tx, number: int) -> None:
    now = SystemClock().now()
    rows = [(new_id(), f"many {n}", None, f"many {n}", n % 2 == 0, now) for n in range(number)]
    await add_rows(db, "person", columns=COLUMNS, rows=rows)
    assert [row["name"] for row in await fetch_rows(db, NAMES, db.tenant)] == [f"many {n}" for n in range(number)]
    left = text("SELECT count(*) FROM pg_class WHERE relname = 'incoming_person'")
    assert (await (await db.connection()).execute(left)).scalar_one() == 0


async def test_rows_are_fetched_by_a_plan_of_their_own_each_time(db: Tx) -> None:
    """From its sixth use on a prepared statement may be planned for whatever values; one without a name is not kept."""
    for _ in range(7):
        await fetch_rows(db, NAMES, db.tenant)
    kept = text("SELECT count(*) FROM pg_prepared_statements WHERE statement = :statement")
    assert (await (await db.connection()).execute(kept, {"statement": NAMES})).scalar_one() == 0
