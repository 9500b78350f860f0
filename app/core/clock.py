"""Time: aware UTC instants everywhere, London dates only where a rule says so, and periods whose end is exclusive."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Annotated, Any, Final, Protocol
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

LONDON: Final = ZoneInfo("Europe/London")
# The first day and the day after the last of the financial years that are reckoned with: 1990/91 to 2100/01.
FIRST_DAY: Final = date(1990, 4, 1)
END_OF_DAYS: Final = date(2101, 4, 1)
_YEAR: Final = re.compile(r"([0-9]{4})/([0-9]{2})")


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def london_date(instant: datetime) -> date:
    """The date on a calendar in London at that instant."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return instant.astimezone(LONDON).date()


def london_midnight(day: date) -> datetime:
    """The instant in UTC at which that day begins in London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def utc_text(instant: datetime) -> str:
    """`2026-11-22T10:00:00Z`, with milliseconds only where there are any."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    moment = instant.astimezone(UTC).replace(tzinfo=None)
    precision = "milliseconds" if moment.microsecond >= 1000 else "seconds"
    return f"{moment.isoformat(timespec=precision)}Z"


def financial_year(day: date) -> str:
    """The financial year that a date falls in: 1 April 2026 is `2026/27`, the day before is `2025/26`."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first:04d}/{(first + 1) % 100:02d}"


def financial_year_start(text: str) -> date:
    """The first day of a year written like `2026/27`, from 1990/91 to 2100/01; anything else is refused."""
    match = _YEAR.fullmatch(text)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        raise ValueError("A financial year is written like 2026/27.")
    if not FIRST_DAY.year <= int(match[1]) < END_OF_DAYS.year:
        raise ValueError("A financial year is written like 2026/27, from 1990/91 to 2100/01.")
    return date(int(match[1]), 4, 1)


def add_months(day: date, months: int) -> date:
    """The same day that many months on, or the month's last day where it is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def months_between(start: date, end: date) -> int:
    """How many whole months fit from start to end; negative when end comes first."""
    if end < start:
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (add_months(start, months) > end)


def quarter_start(day: date) -> date:
    """The first day of the quarter; those of the financial year are those of the calendar."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From one date until another, the second exclusive; None means that no end is known."""

    valid_from: date
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("A period ends after it starts.")

    @property
    def end(self) -> date:
        """The day after the last, where the period has to have one."""
        if self.valid_until is None:
            raise ValueError("The period has no known end.")
        return self.valid_until

    @property
    def days(self) -> int:
        return (self.end - self.valid_from).days

    def whole_months(self) -> int | None:
        """How many months the period is, or None when it begins and ends on different days of the month."""
        end = self.end
        return months_between(self.valid_from, end) if end.day == self.valid_from.day else None

    def contains(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)

    def overlaps(self, other: "Period") -> bool:
        """Whether there is a day in both."""
        return (self.valid_until is None or other.valid_from < self.valid_until) and (
            other.valid_until is None or self.valid_from < other.valid_until
        )

    def intersection(self, other: "Period") -> "Period | None":
        start = max(self.valid_from, other.valid_from)
        ends = [end for end in (self.valid_until, other.valid_until) if end is not None]
        end = min(ends, default=None)
        return Period(start, end) if end is None or start < end else None


@lru_cache(maxsize=4096)
def financial_year_of(day: date) -> Period:
    """From 1 April to 1 April: the financial year in which the day lies."""
    start = date(day.year if day.month >= 4 else day.year - 1, 4, 1)
    return Period(start, add_months(start, 12))


class PeriodModel(BaseModel):
    """A period whose `until` is the first day after it."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    from_: date = Field(alias="from", description="The first day.")
    until: date = Field(description="The day after the last day.")

    @model_validator(mode="after")
    def _until_after_from(self) -> "PeriodModel":
        if self.until <= self.from_:
            raise PydanticCustomError("period_ends_before_it_starts", "`until` has to be later than `from`.")
        if self.from_ < FIRST_DAY or self.until > END_OF_DAYS:
            raise PydanticCustomError("not_valid", "A period lies between 1990-04-01 and 2101-04-01.")
        return self

    @classmethod
    def of(cls, period: Period) -> "PeriodModel":
        return cls.model_validate({"from": period.valid_from, "until": period.valid_until})

    def period(self) -> Period:
        return Period(self.from_, self.until)


def _refuse_numbers(value: Any) -> Any:
    # Pydantic reads a number as seconds since 1970; nobody who writes one here means that.
    if not isinstance(value, str | datetime):
        raise PydanticCustomError("wrong_type", "Write an instant like 2026-11-22T10:00:00Z.")
    return value


def _to_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        # The first and the last hours of the calendar have no UTC form in some time zones.
        raise PydanticCustomError("wrong_format", "The instant is outside the calendar.") from error


def _refuse_far(instant: datetime) -> datetime:
    if not FIRST_DAY <= instant.date() < END_OF_DAYS:
        raise PydanticCustomError("not_valid", "The instant has to lie between 1990-04-01 and 2101-04-01.")
    return instant


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_refuse_numbers),
    AfterValidator(_to_utc),
    PlainSerializer(utc_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T10:00:00Z"]}),
]

NearInstant = Annotated[Instant, AfterValidator(_refuse_far)]
"""An instant with a day in London before and after it, in the years that periods lie in: when something takes place."""
