"""The hot read path: published tables, compiled once, on an asyncpg pool as the reader login.

The tenant predicate is added here and cannot be forgotten. The rows go straight to JSON; `response_model` stays on the
route for the contract, and a test per route checks the bytes against it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from fastapi import Depends, Request, Response
from sqlalchemy import BigInteger, Column, MetaData, Select, Table, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from app.core.clock import london_date
from app.core.etag import digest_etag, matches_none
from app.core.money import plain
from app.core.pagination import Cursors, PageParams, link_header, page_body
from app.core.principal import Principal

_DIALECT = asyncpg_dialect.dialect()

metadata = MetaData(schema="published")
change_number = Table(
    "change_number", metadata, Column("commissioner_id", Uuid, primary_key=True), Column("number", BigInteger)
)
register_number = Table("register_number", metadata, Column("number", BigInteger))
_tenant = bindparam("tenant", type_=Uuid())
_numbers = (
    select(change_number.c.number)
    .where(change_number.c.commissioner_id == _tenant)
    .scalar_subquery()
    .label("_tenant_number"),
    select(register_number.c.number).scalar_subquery().label("_register_number"),
)


def _json_default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, asyncpg.Record):
        return dict(value)
    raise TypeError(type(value))


_encoder = msgspec.json.Encoder(enc_hook=_json_default)


def json_bytes(value: Any) -> bytes:
    """JSON of rows, structs and plain values; decimals as text, instants as UTC with Z."""
    return _encoder.encode(value)


class Query:
    """A Core select over published tables with its tenant predicate, compiled at construction.

    Every FROM table must have `commissioner_id`; values that change per call are `bindparam`s. With `numbers`, each row
    also carries the tenant's and the register's change number of the same snapshot, from which a list's ETag is made.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], *, numbers: bool = False) -> None:
        for table in statement.get_final_froms():
            statement = statement.where(table.c.commissioner_id == _tenant)
        if numbers:
            statement = statement.add_columns(*_numbers)
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.defaults = {name: value for name, value in compiled.params.items() if value is not None}

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        return [values[name] if name in values else self.defaults.get(name) for name in self.names]


_NUMBERS_ALONE = "SELECT (SELECT number FROM published.change_number WHERE commissioner_id = $1), number FROM published.register_number"


class Reader:
    """The pool of the reader login, which can select from the schema `published` and nothing else."""

    def __init__(self, pool: asyncpg.Pool, *, epoch: str, cursors: Cursors, now: Callable[[], Any]) -> None:
        self.pool = pool
        self.epoch = epoch
        self.cursors = cursors
        self.now = now

    async def rows(self, query: Query, *, tenant: UUID, **values: Any) -> list[asyncpg.Record]:
        values["tenant"] = tenant
        return await self.pool.fetch(query.sql, *query.arguments(values))

    async def numbers(self, tenant: UUID) -> tuple[int, int]:
        row = await self.pool.fetchrow(_NUMBERS_ALONE, tenant)
        return (row[0] or 0, row[1]) if row else (0, 0)


class _ReaderConnection(asyncpg.Connection):
    """A connection that only selects: no statement leaves anything behind, so there is nothing to reset between two users
    of it, and half of the round trips are saved. The pool still ends a transaction that is left open.
    """

    def get_reset_query(self) -> str:
        return ""


async def make_pool(url: str, *, size: int) -> asyncpg.Pool:
    async def prepare(connection: asyncpg.Connection) -> None:
        # JSON columns travel through as they are stored; the encoder embeds them without parsing.
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=str, decoder=lambda text: msgspec.Raw(text.encode()), format="text"
        )

    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        init=prepare,
        connection_class=_ReaderConnection,
        timeout=5,
        server_settings={"application_name": "plenary-read", "jit": "off"},
    )


@dataclass(slots=True)
class Reading:
    """The reader bound to one request: pages and single answers with their ETags."""

    reader: Reader
    request: Request
    principal: Principal

    def _etag(self, numbers: tuple[int, int], today: date) -> str:
        return digest_etag(
            self.reader.epoch,
            str(self.principal.commissioner_id),
            *map(str, numbers),
            today.isoformat(),
            self.principal.visibility,
            self.request.url.path,
            self.request.url.query,
        )

    async def unchanged(self) -> Response | None:
        """304 when the caller's copy is current: one indexed read, before the parameters are validated.

        Whoever has the tag was given it with a page, so that very query was valid; `*` is in anybody's hands and waits.
        """
        header = self.request.headers.get("if-none-match")
        if header is None or header.strip() == "*":
            return None
        etag = self._etag(await self.reader.numbers(self.principal.commissioner_id), self.today())
        return Response(status_code=304, headers={"ETag": etag}) if matches_none(header, etag) else None

    def today(self) -> date:
        return london_date(self.reader.now())

    async def page(
        self,
        query: Query,
        *,
        params: PageParams,
        kind: str,
        keys: Sequence[str],
        shape: Callable[[asyncpg.Record], Any] = dict,
        total: Callable[[], Any] | None = None,
        **values: Any,
    ) -> Response:
        """A page of `query` (made with `numbers`), which takes `row_limit` and, after a cursor, the last row's keys as
        `after_<key>`.
        """
        tenant = self.principal.commissioner_id
        if params.cursor:
            values |= {f"after_{k}": v for k, v in self.reader.cursors.decode(kind, params.cursor).items()}
        found = await self.reader.rows(query, tenant=tenant, row_limit=params.limit + 1, **values)
        rows, more = found[: params.limit], len(found) > params.limit
        cursor = self.reader.cursors.encode(kind, {k: rows[-1][k] for k in keys}) if more else None
        counted = await total() if params.count == "exact" and total is not None else None
        # The numbers must be as old as the rows or older; newer ones would let a client keep a stale page for ever.
        numbers = (rows[0]["_tenant_number"] or 0, rows[0]["_register_number"]) if rows else (-1, -1)
        headers = {"ETag": self._etag(numbers, self.today())}
        if cursor:
            headers["Link"] = link_header(str(self.request.url), cursor)
        return Response(
            json_bytes(page_body([shape(row) for row in rows], cursor, counted)),
            media_type="application/json",
            headers=headers,
        )


async def _reading(request: Request) -> Reading:
    return Reading(request.app.state.services.reader, request, request.state.principal)


Read = Annotated[Reading, Depends(_reading)]


async def reading_pages(request: Request) -> Reading:
    return await _reading(request)


ReadPages = Annotated[Reading, Depends(reading_pages)]
"""The same for a route that answers with `page`: by this the route class knows to ask `unchanged` before anything else."""
