"""Many rows at once. COPY is refused under row-level security, so rows go in as arrays or through a temporary table."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from app.core.db import Tx

# Making and dropping a temporary table takes as long as the arrays of about this many rows take longer.
_FEW: Final = 1500


async def add_rows(session: Tx, table: str, *, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """One INSERT … SELECT into `table` under its policy: of a few from an array for each column, of many from a COPY.

    `columns` leave out `commissioner_id`, which is always the session's tenant. JSON goes in as text.
    """
    if not rows:
        return
    if len(rows) <= _FEW:
        await session.flush()
        driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection
        await driver.execute(_insert(table, tuple(columns)), session.tenant, *zip(*rows, strict=True))
    else:
        await _copy_rows(session, table, columns=columns, rows=rows)


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...]) -> str:
    known, dialect = SQLModel.metadata.tables[table].columns, postgresql.dialect()
    types = [known[name].type.compile(dialect=dialect) for name in columns]
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(types, 2))
    listed = ", ".join(columns)
    return f"INSERT INTO {table} (commissioner_id, {listed}) SELECT $1, r.* FROM unnest({arrays}) AS r"


async def _copy_rows(session: Tx, table: str, *, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
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

    For tens of thousands of rows: through SQLAlchemy's each costs several times as much. It is planned for its values: a
    plan that is kept takes their arrays for ten values each, and took twice as long.
    """
    await session.flush()
    driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection
    # Without a name the statement is planned each time, and nothing is left of it on the connection.
    return await (await driver.prepare(statement, name="")).fetch(*values)


async def copy_into_shared(session: Tx, table: str, *, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY into a table without row-level security (a temporary one, the register), inside the session's transaction."""
    await session.flush()
    driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection
    await driver.copy_records_to_table(table, records=rows, columns=list(columns))
