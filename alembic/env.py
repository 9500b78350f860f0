"""Alembic's environment: the owner login, one transaction per migration, short lock waits, no endless statement.

A migration that needs longer, such as an index built beside readers, sets its own limits at its top.
"""

import asyncio

from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from alembic import context

config = context.config


def _run(connection) -> None:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _online() -> None:
    url = config.attributes["url"].replace("postgresql://", "postgresql+asyncpg://")
    limits = {"lock_timeout": "5s", "statement_timeout": "60s"}
    engine = create_async_engine(url, connect_args={"server_settings": limits})
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_online())
