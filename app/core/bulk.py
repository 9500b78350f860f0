"""Many rows at once. COPY is refused under row-level security, so rows go through a temporary table."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text

from app.core.db import Tx


async def copy_rows(session: Tx, table: str, *, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY into a temporary table, then one INSERT … SELECT into `table` under its policy.

    `columns` leave out `commissioner_id`, which is always the session's tenant. JSON goes in as text.
    """
    connection = await session.connection()
    incoming, listed = f"incoming_{table}", ", ".join(columns)
    await connection.execute(
        text(f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS SELECT {listed} FROM {table} LIMIT 0")
    )
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.copy_records_to_table(incoming, records=rows, columns=list(columns))
    # One transaction may write the same table in several chunks, so the temporary table goes at once.
    await connection.execute(
        text(f"INSERT INTO {table} (commissioner_id, {listed}) SELECT :tenant, {listed} FROM {incoming}"),
        {"tenant": session.tenant},
    )
    await connection.execute(text(f"DROP TABLE {incoming}"))


async def fetch_rows(session: Tx, statement: str, *values: Any) -> list[Any]:
    """Rows as the driver gives them, by name or by place. `statement` has `$1` for the first value, and so on.

    For tens of thousands of rows: through SQLAlchemy's each costs several times as much.
    """
    await session.flush()
    driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection
    return await driver.fetch(statement, *values)


async def copy_into_shared(session: Tx, table: str, *, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY into a table without row-level security (a temporary one, the register), inside the session's transaction."""
    await session.flush()
    driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection
    await driver.copy_records_to_table(table, records=rows, columns=list(columns))
