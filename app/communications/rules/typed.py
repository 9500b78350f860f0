"""What people typed into a page's form, read as what it has to be; or what is wrong with it, in words."""

import re
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from app.communications.values import Answer
from app.core.errors import FieldError
from app.core.privacy import OneLine, SafeText
from app.forums.values import Decision
from app.schemes.values import Capacity

_DAY: Final = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")


def _read_day(given: Any) -> Any:
    """`31/3/2027` and `2027-03-31`; None where nothing was typed."""
    typed = str(given).strip()
    if not typed:
        return None
    found = _DAY.fullmatch(typed)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(typed)
    except ValueError:
        raise PydanticCustomError("not_a_day", "Write the day as 31/3/2027.") from None


def _stripped(given: Any) -> Any:
    return given.strip() if isinstance(given, str) else given


Typed = BeforeValidator(_stripped)
Day = Annotated[date | None, BeforeValidator(_read_day)]


class Acceptance(BaseModel):
    signatory: Annotated[OneLine, Typed, Field(min_length=1, max_length=200)]
    capacity: Capacity


class Refusal(BaseModel):
    reason: Annotated[SafeText, Typed, Field(min_length=1, max_length=2000)]


class IssueReply(BaseModel):
    decision: Decision
    text: Annotated[SafeText, Typed, Field(min_length=1, max_length=4000)]
    due_on: Day


class SessionDays(BaseModel):
    """Fields that were left empty are None."""

    days: tuple[Day, ...]


Read = TypeVar("Read", bound=BaseModel)
_MISSING: Final = {
    "signatory": "Type the name of whoever signs for the practice.",
    "capacity": "Choose in which capacity the offer is signed.",
    "reason": "Say why the practice declines.",
    "decision": "Choose what the practice says.",
    "text": "Write the answer in words.",
}


def day_field(place: int) -> str:
    """The id of the page's field for the first, second or third day."""
    return f"on-{place + 1}"


def read_answer(kind: type[Read], given: Answer) -> Read | tuple[FieldError, ...]:
    """The members of that kind of answer, or what is wrong with which field."""
    try:
        return kind.model_validate({name: getattr(given, name) for name in kind.model_fields})
    except ValidationError as error:
        return tuple(_in_words(each) for each in error.errors(include_input=False))


def _in_words(error: Any) -> FieldError:
    field, kind = day_field(error["loc"][1]) if error["loc"][0] == "days" else str(error["loc"][0]), error["type"]
    if kind in ("string_too_short", "enum", "missing"):
        return FieldError(field, kind, _MISSING[field])
    if kind == "string_too_long":
        return FieldError(field, kind, f"Write at most {error['ctx']['max_length']} letters.")
    return FieldError(field, kind, error["msg"])
