"""Reading the published practices: one statement for each combination of filters, compiled when first used."""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    all_,
    bindparam,
    cast,
    func,
    or_,
    select,
    tuple_,
)

from app.core.read import Query
from app.organisations.tables import PublishedPractice

_practice = PublishedPractice.__table__.c  # pyright: ignore[reportAttributeAccessIssue] - SQLModel adds it
FILTERS: Final = frozenset({"patterns", "locality_id", "network", "status", "updated_since"})
SORT_KEYS: Final = {"code": ("code",), "name": ("name", "code")}


def _decimal(column: Any) -> Any:
    """Text without trailing zeros, made by the database: cheaper than in Python for each row."""
    return cast(func.trim_scale(column), Text).label(column.key)


_COLUMNS: Final[tuple[Any, ...]] = (
    _practice.code,
    _practice.name,
    _practice.status,
    _practice.address,
    _practice.telephone,
    _practice.opened_on,
    _practice.closed_on,
    _practice.commissioner_code,
    _practice.commissioner_name,
    _practice.locality_id,
    _practice.locality_name,
    _practice.network_code,
    _practice.network_name,
    _decimal(_practice.registered),
    _decimal(_practice.weighted),
    _practice.list_as_at,
    _practice.profile,
    _practice.lead_name,
    _practice.lead_post,
    _practice.successor,
)


def _condition(name: str) -> Any:
    if name == "patterns":
        words = _practice.search.like(all_(bindparam("patterns", type_=ARRAY(Text))))
        return or_(words, _practice.postcode_key.like(bindparam("postcode", type_=String())))
    if name == "locality_id":
        return _practice.locality_id == bindparam("locality_id", type_=Uuid())
    if name == "network":
        return _practice.network_code == bindparam("network", type_=String())
    if name == "status":
        return _practice.status == bindparam("status", type_=String())
    return _practice.changed_at >= bindparam("updated_since", type_=DateTime(timezone=True))


def _filtered(statement: Select[*tuple[Any, ...]], filters: frozenset[str]) -> Select[Any]:
    return statement.where(*(_condition(name) for name in sorted(filters)))


@lru_cache(maxsize=512)
def practices_query(filters: frozenset[str], sort: str, *, after: bool) -> Query:
    """A page in that order; `after` takes up behind the last row of the page before."""
    keys = [_practice[name] for name in SORT_KEYS[sort.removeprefix("-")]]
    descending = sort.startswith("-")
    statement = _filtered(select(*_COLUMNS), filters)
    if after:
        position = tuple_(*(bindparam(f"after_{key.key}", type_=String()) for key in keys))
        columns = tuple_(*keys)
        statement = statement.where(columns < position if descending else columns > position)
    statement = statement.order_by(*(key.desc() if descending else key for key in keys))
    return Query(statement.limit(bindparam("row_limit", type_=Integer())), numbers=True)


@lru_cache(maxsize=64)
def practices_count(filters: frozenset[str]) -> Query:
    return Query(_filtered(select(func.count()).select_from(PublishedPractice), filters))


@lru_cache(maxsize=1)
def practice_query() -> Query:
    return Query(select(*_COLUMNS).where(_practice.code == bindparam("code", type_=String())))
