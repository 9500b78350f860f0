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


async def test_how_the_rest_of_the_transaction_is_planned_stays_as_it_was(db: Tx) -> None:
    connection = await db.connection()
    await connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    during = await fetch_rows(db, "SELECT current_setting('plan_cache_mode') AS mode")
    after = (await connection.execute(text("SELECT current_setting('plan_cache_mode')"))).scalar_one()
    assert (during[0]["mode"], after) == ("force_custom_plan", "force_generic_plan")
