"""Says what is wrong with a request's input: where, by a stable code, in our own words and never in the caller's."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from fastapi import Request, params
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import PydanticKnownError
from pydantic_core.core_schema import ErrorType

from app.core.errors import DomainError, FieldError, InvalidRequest, MalformedJson, NotFound, UnsupportedMedia
from app.core.patterns import pattern_words

_PYDANTIC_TYPES: Final = frozenset(get_args(ErrorType))
_ABSENT: Final = PydanticKnownError("missing").message()
_LONGEST_MEMBER: Final = 100

_CODES: Final = {
    "missing": "missing",
    "missing_argument": "missing",
    "extra_forbidden": "unknown_member",
    "union_tag_not_found": "missing",
    "union_tag_invalid": "not_a_choice",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "string_pattern_mismatch": "wrong_format",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "bytes_too_short": "too_short",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "bytes_too_long": "too_long",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_large",
    "less_than_equal": "too_large",
    "int_parsing_size": "too_large",
    "finite_number": "wrong_type",
    "timezone_aware": "time_zone_missing",
    "value_error": "not_valid",
    "assertion_error": "not_valid",
}

_DETAILS: Final = {
    "missing": "This has to be given.",
    "unknown_member": "There is no such member.",
    "unknown_parameter": "There is no such query parameter.",
    "not_a_choice": "This is not one of the choices.",
    "wrong_format": "This is not written as it should be.",
    "wrong_type": "This is of the wrong type.",
    "too_short": "This is too short.",
    "too_long": "This is too long.",
    "too_small": "This is too small.",
    "too_large": "This is too large.",
    "time_zone_missing": "The instant needs a time zone, for example Z.",
    "not_valid": "This is not valid.",
}

# How Pydantic writes one of several members of an enumeration: `<Colour.RED: 'red'>`.
_MEMBER: Final = re.compile(r"<[\w.]+: ('[^']*')>")
_EMAIL: Final = "an e-mail address, such as name@example.org"
# How it has to be written, by the beginning of the name of Pydantic's error; the first that fits is said.
_FORMS: Final = {
    "int_": "a whole number, such as 12",
    "float_": "a number, such as 12.5",
    "decimal_": "a decimal number, such as 12.50",
    "bool_": "true or false",
    "datetime_": "an instant with day, time and zone, such as 2026-11-24T10:00:00Z",
    "timezone_": "an instant with day, time and zone, such as 2026-11-24T10:00:00Z",
    "date_": "a date, such as 2026-11-24",
    "time_": "a time of day, such as 13:30",
    "uuid_": "an id, such as 01890a5d-ac96-774b-bcce-b302099a8058",
    "url_": "a URL, such as https://example.org/",
    "string_type": "a text, in quotes",
    "string_unicode": "a text of whole characters",
    "list_": "a list, in square brackets",
    "tuple_": "a list, in square brackets",
    "dict_": "an object, in curly brackets",
    "model_": "an object, in curly brackets",
    "dataclass_": "an object, in curly brackets",
    "none_": "null",
}

# What a limit was, from the declaration: it is ours, so it may be said.
_LIMITS: Final = {
    "min_length": "At least {} long.",
    "max_length": "At most {} long.",
    "gt": "More than {}.",
    "ge": "At least {}.",
    "lt": "Less than {}.",
    "le": "At most {}.",
    "expected": "One of {}.",
    "expected_tags": "One of {}.",
}


def input_problem(request: Request, error: RequestValidationError) -> DomainError:
    found = error.errors()
    if any(item["loc"][:1] == ("path",) for item in found):
        # A code or an id that cannot exist is not there; it is no reason to teach its grammar.
        return NotFound()
    broken = next((item for item in found if item["type"] == "json_invalid"), None)
    if broken is not None:
        return MalformedJson(_where_broken(broken, error.body))
    if _is_of_another_type(request, error.body) and any(item["loc"][:1] == ("body",) for item in found):
        return UnsupportedMedia(f"Send {_wanted_type(request)}.")
    return InvalidRequest(errors=[_field_error(item, error.body, request) for item in found])


def _where_broken(item: Mapping[str, Any], body: Any) -> str | None:
    """Line and column, as editors count them; the parser's own words name no character of what was sent."""
    place = item["loc"][-1]
    if not isinstance(body, str) or not isinstance(place, int):
        return None
    return json_place(body, place, item.get("ctx", {}).get("error", "This is where reading ends"))


def json_place(text: str, place: int, words: str) -> str:
    line = text.count("\n", 0, place) + 1
    return f"Line {line}, column {place - text.rfind(chr(10), 0, place)}: {words}."


def refused_input(error: ValidationError, given: Any) -> InvalidRequest:
    """The same words for what the framework did not read: from a file, a command line, or a body read by its route."""
    found = error.errors(include_url=False)
    return InvalidRequest(
        errors=[
            FieldError(_body_pointer(item["loc"], given), code := _code(item["type"]), _detail(item, code))
            for item in found
        ]
    )


def _wanted_type(request: Request) -> str:
    return "multipart/form-data" if is_form_route(request) else "application/json"


def is_form_route(request: Request) -> bool:
    body_field = getattr(request.scope.get("route"), "body_field", None)
    return isinstance(getattr(body_field, "field_info", None), params.Form)


def _is_of_another_type(request: Request, body: Any) -> bool:
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if is_form_route(request):
        return content_type not in {"multipart/form-data", "application/x-www-form-urlencoded"}
    # An empty body without a type is simply missing; the framework hands bytes on when it did not read them as JSON.
    return isinstance(body, bytes) or (bool(content_type) and "json" not in content_type)


def _field_error(item: Mapping[str, Any], body: Any, request: Request) -> FieldError:
    place, kind = item["loc"], item["type"]
    code = _code(kind)
    if place[:1] == ("body",):
        pointer = _body_pointer(place[1:], body)
    else:
        code = "unknown_parameter" if code == "unknown_member" and place[:1] == ("query",) else code
        pointer = f"{'?' if place[:1] == ('query',) else ''}{_short('.'.join(str(part) for part in place[1:]))}"
    if place == ("body",) and code == "missing" and not _is_in_our_words(item):
        return FieldError(pointer, code, f"Send a body, with the content type {_wanted_type(request)}.")
    return FieldError(pointer, code, _detail(item, code))


def _code(kind: str) -> str:
    if kind not in _PYDANTIC_TYPES:
        return kind
    if kind in _CODES:
        return _CODES[kind]
    return "wrong_type" if kind.endswith("_type") else "wrong_format"


def _detail(item: Mapping[str, Any], code: str) -> str:
    if _is_in_our_words(item):
        return item["msg"]
    form = _form(item)
    detail = f"Write {form}." if form else _DETAILS[code]
    for name, value in item.get("ctx", {}).items():
        if name in _LIMITS:
            limit = _MEMBER.sub(r"\1", value) if name == "expected" else value
            detail = f"{detail} {_LIMITS[name].format(limit)}"
    return detail


def _is_in_our_words(item: Mapping[str, Any]) -> bool:
    """A check of ours may say "missing" of several members together, which is one of Pydantic's own names as well."""
    return item["type"] not in _PYDANTIC_TYPES or (item["type"] == "missing" and item["msg"] != _ABSENT)


def _form(item: Mapping[str, Any]) -> str | None:
    """How it has to be written, where its type or its pattern says so; the pattern is ours and published."""
    kind, pattern = item["type"], item.get("ctx", {}).get("pattern", "")
    if kind == "string_pattern_mismatch":
        return _EMAIL if "@" in pattern else pattern_words(pattern) if pattern != r"\S" else "more than blanks"
    if kind == "value_error" and item["msg"].startswith("value is not a valid email address"):
        return _EMAIL
    # A number beyond all limits is written well.
    if _code(kind) == "too_large":
        return None
    return next((form for prefix, form in _FORMS.items() if kind.startswith(prefix)), None)


def _body_pointer(place: Sequence[int | str], body: Any) -> str:
    """Follows the place through what was sent: Pydantic adds names of union branches that are not in the body."""
    parts: list[str] = []
    here = body
    for index, part in enumerate(place):
        if isinstance(here, Mapping) and (part in here or index == len(place) - 1):
            here = here.get(part)
        elif isinstance(here, Sequence) and not isinstance(here, str | bytes) and isinstance(part, int):
            here = here[part] if part < len(here) else None
        else:
            continue
        parts.append(_short(str(part)).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in parts)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_MEMBER else f"{name[:_LONGEST_MEMBER]}…"
