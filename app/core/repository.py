"""The base of tenant repositories, and keyset pages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, Uuid, and_, any_, bindparam, cast, func, or_, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel, select

from app.core.db import Tx
from app.core.errors import DomainError, NotFound
from app.core.etag import check_if_match, version_etag
from app.core.pagination import Cursors, PageParams

Row = TypeVar("Row")
Shown = TypeVar("Shown")
Statement = Select[*tuple[Any, ...]]
"""What a service hands from one slice's repository to another's, which selects from it; nobody else looks inside."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None
    total: int | None

    def map(self, shape: Callable[[Row], Shown]) -> "Page[Shown]":
        """The same page with each row as it is shown."""
        return Page([shape(row) for row in self.rows], self.next_cursor, self.total)


@dataclass(frozen=True, slots=True)
class Expected:
    """The version the caller means to change (`If-Match`). `required` raises 428 when it was not said of what exists."""

    header: str | None
    required: bool

    @property
    def is_given(self) -> bool:
        """For tags that cost something to work out; ask for nothing else where the tag is `required`."""
        return self.header is not None

    def check(self, version: int | None) -> None:
        """None: nothing exists yet. Then nothing has to be said, and whoever names a version means something else."""
        if version is None:
            check_if_match(self.header, None, required=False)
        else:
            self.check_tag(version_etag(version))

    def check_tag(self, etag: str) -> None:
        """For what answers with more than its row: the very tag that reading it gives."""
        check_if_match(self.header, etag, required=self.required)


class TenantRepository(Generic[Row]):
    """Every SELECT of a tenant table starts from `select()`, which is already filtered. There is no other constructor."""

    table: ClassVar[type[SQLModel]]
    missing: ClassVar[type[DomainError]] = NotFound

    def __init__(self, session: Tx, tenant: UUID) -> None:
        self.session = session
        self.tenant = tenant

    def select(self) -> Select[Any]:
        return select(self.table).where(self.table.commissioner_id == self.tenant)  # pyright: ignore

    async def find(self, *conditions: ColumnElement[bool], for_update: bool = False) -> Row | None:
        statement = self.select().where(*conditions)
        if for_update:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self.session.exec(statement)).one_or_none()  # pyright: ignore

    async def get(self, row_id: UUID, *, for_update: bool = False) -> Row:
        statement = _by_id(self.table, for_update=for_update)  # pyright: ignore
        found = await self.session.exec(statement, params={"tenant": self.tenant, "row_id": row_id})  # pyright: ignore
        row = found.one_or_none()
        if row is None:
            raise self.missing
        return row

    async def list(self, *conditions: ColumnElement[bool], order: Sequence[Any] = ()) -> Sequence[Row]:
        statement = self.select().where(*conditions).order_by(*(order or (self.table.id,)))  # pyright: ignore
        return (await self.session.exec(statement)).all()  # pyright: ignore

    async def get_one(self, statement: Select[Any]) -> Row:
        """The only row of a select that may find nothing, because there is none or the caller may not see it."""
        row = (await self.session.exec(statement)).one_or_none()  # pyright: ignore
        if row is None:
            raise self.missing
        return row

    async def page(
        self,
        statement: Select[Any],
        *,
        keys: Sequence[Any],
        params: PageParams,
        cursors: Cursors,
        kind: str,
        descending: bool = False,
    ) -> Page[Row]:
        return await keyset_page(
            self.session, statement, keys=keys, params=params, cursors=cursors, kind=kind, descending=descending
        )


@lru_cache(maxsize=256)
def _by_id(table: type[SQLModel], *, for_update: bool) -> Any:
    """Built once for each table: the commonest statement of all took longer to build than to run."""
    statement = select(table).where(
        table.commissioner_id == bindparam("tenant"),  # pyright: ignore
        table.id == bindparam("row_id"),  # pyright: ignore
    )
    return statement.with_for_update().execution_options(populate_existing=True) if for_update else statement


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """`column = ANY(array)`: one parameter however many values, so that the statement is the same for two and for 7,000."""
    kind = Uuid() if isinstance(column.type, Uuid) else Text()
    return column == any_(cast(list(values), ARRAY(kind)))


def is_valid(valid_from: Any, valid_until: Any, on: date) -> ColumnElement[bool]:
    """The period contains the day; its end is exclusive, and none is for ever."""
    return and_(valid_from <= on, or_(valid_until.is_(None), valid_until > on))


async def keyset_page(
    session: Tx,
    statement: Select[Any],
    *,
    keys: Sequence[Any],
    params: PageParams,
    cursors: Cursors,
    kind: str,
    descending: bool = False,
) -> Page[Any]:
    """One page in the order of `keys` (columns of one entity, unique together). The cursor carries the last row's keys."""
    total = None
    if params.count == "exact":
        counted = select(func.count()).select_from(statement.order_by(None).subquery())
        total = (await session.exec(counted)).one()
    names = [key.key for key in keys]
    if params.cursor:
        after = cursors.decode(kind, params.cursor)
        position = tuple_(*(_typed(key, after[name]) for key, name in zip(keys, names, strict=True)))
        columns = tuple_(*keys)
        statement = statement.where(columns < position if descending else columns > position)
    order = [key.desc() if descending else key for key in keys]
    found = (await session.exec(statement.order_by(*order).limit(params.limit + 1))).all()  # pyright: ignore
    rows = list(found[: params.limit])
    more = len(found) > params.limit
    last = {name: _plain(getattr(rows[-1], name)) for name in names} if more else None
    return Page(rows, cursors.encode(kind, last) if last else None, total)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str) else value.isoformat() if hasattr(value, "isoformat") else str(value)


def _typed(column: Any, value: Any) -> Any:
    # A decorated type (every instant is one) says nothing of itself; the one inside does.
    python_type = getattr(column.type, "impl_instance", column.type).python_type
    if isinstance(value, python_type):
        return value
    return python_type.fromisoformat(value) if hasattr(python_type, "fromisoformat") else python_type(value)
