"""What organisations needs from outside: files read into rows. `None` in a row always means that the file does not say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from app.core.db import Tx
from app.organisations.values import EffectsOfPracticeChange, ImportOutcome, PracticeStatus, RowError

T = TypeVar("T")


GP_PRACTICE_SETTING = "4"


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A file that was read to its end. `total_rows` counts every row below the headings, the refused ones too.

    `numbers` are the numbers in the file of `rows`, counted as in `RowError`.
    """

    rows: list[T]
    numbers: list[int]
    errors: list[RowError]
    warnings: list[str]
    as_at: date | None
    total_rows: int


@dataclass(frozen=True, slots=True)
class PracticeRow:
    """`closed_on` is the last day open, as published; `left_on` is the first day no longer with the commissioner."""

    code: str
    name: str
    national_grouping: str | None
    health_geography: str | None
    address_lines: tuple[str, ...]
    postcode: str | None
    opened_on: date | None
    closed_on: date | None
    status: PracticeStatus
    commissioner: str | None
    joined_on: date | None
    left_on: date | None
    telephone: str | None
    prescribing_setting: str | None


@dataclass(frozen=True, slots=True)
class MembershipRow:
    practice: str
    commissioner: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class NetworkRow:
    practice: str
    practice_name: str | None
    network: str
    network_name: str | None
    practice_commissioner: str | None
    practice_commissioner_name: str | None
    network_commissioner: str | None
    network_commissioner_name: str | None
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class ListRow:
    practice: str
    as_at: date
    registered: Decimal
    weighted: Decimal | None
    commissioner: str | None


@dataclass(frozen=True, slots=True)
class AdjustedListRow:
    practice: str
    as_at: date
    adjusted: Decimal


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """`as_at` is the first day of the financial year, `published_period` says what the lists were measured over."""

    practice: str
    name: str | None
    commissioner: str | None
    commissioner_name: str | None
    network: str | None
    network_name: str | None
    address: str | None
    postcode: str | None
    opened_on: date | None
    closed_on: date | None
    contract: str | None
    dispensing: bool | None
    rural: bool | None
    atypical: tuple[str, ...]
    registered: Decimal | None
    weighted: Decimal | None
    as_at: date
    published_period: str | None


@dataclass(frozen=True, slots=True)
class ProfileRow:
    practice: str
    single_handed: bool | None
    training: bool | None
    dispensing: bool | None
    rural: bool | None
    contract: str | None
    imd_score: Decimal | None
    imd_decile: int | None


Options = Mapping[str, str]


class Applier(Protocol):
    """Writes a commissioner's own rows. `numbers` are the rows' numbers in the file, for `RowError`."""

    async def __call__(
        self, session: Tx, rows: Sequence[Any], *, numbers: Sequence[int], now: datetime
    ) -> ImportOutcome: ...


class ReadFile(Protocol):
    """Reads an uploaded file of a named kind into rows."""

    def __call__(self, kind: str, content: bytes, *, options: Mapping[str, str]) -> Parsed[Any]: ...


@dataclass(frozen=True, slots=True)
class HandedDown:
    """What stands above this slice or beside its routes: the slices a change of practices touches, and the adapter."""

    practice_change_effects: Sequence[EffectsOfPracticeChange]
    read_file: ReadFile
