"""How a typed part of the language declares its members: one declaration reads, checks and documents each."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from typing import Any, Final, Protocol, runtime_checkable

from app.calculation.language.reading import INVALID, Invalid, Reading, pointer

_KEY: Final = "member"
type_words: Final = "a JSON object"


class Reader(ABC):
    """Turns one JSON value into a typed one, or refuses it in words; and says the same as JSON Schema."""

    @abstractmethod
    def read(self, raw: object, at: str, reading: Reading) -> Any: ...

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """With at least one of `examples`."""


@dataclass(frozen=True, slots=True)
class Member:
    """`example` is one that says more here than the reader's own."""

    reader: Reader
    description: str
    example: Any = None

    def schema(self) -> dict[str, Any]:
        schema = self.reader.schema()
        description = " ".join([self.description, *([schema["description"]] if "description" in schema else [])])
        examples = schema["examples"] if self.example is None else [self.example]
        return {**schema, "description": description, "examples": examples}


def member(reader: Reader, description: str, example: Any = None) -> dict[str, Member]:
    """For `field(metadata=…)`."""
    return {_KEY: Member(reader, description, example)}


@runtime_checkable
class ChecksItself(Protocol):
    """A declared class whose members depend on each other: yields (member, reason, detail) for what is wrong."""

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]: ...


@cache
def declared(cls: type[Any]) -> tuple[tuple[Field[Any], Member], ...]:
    return tuple((each, each.metadata[_KEY]) for each in fields(cls) if _KEY in each.metadata)


def is_required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def read_members(
    cls: type[Any], raw: object, at: str, reading: Reading, *, tag: str | None = None
) -> dict[str, Any] | Invalid:
    """Every declared member of `cls` out of a JSON object. `tag` is the member that named the class, read before."""
    if not isinstance(raw, Mapping):
        return reading.wrong_type(at, type_words)
    members = {each.name: (each, spec) for each, spec in declared(cls)}
    sound = _refuse_unknown(raw, at, reading, known=[*([tag] if tag else []), *members])
    values: dict[str, Any] = {}
    for name, (each, spec) in members.items():
        if name in raw:
            values[name] = spec.reader.read(raw[name], pointer(at, name), reading)
        elif is_required(each):
            values[name] = reading.refuse(pointer(at, name), "missing_member", f"Missing. {spec.description}")
    if not sound or any(isinstance(value, Invalid) for value in values.values()):
        return INVALID
    return values if _agree(cls, values, at, reading) else INVALID


def _refuse_unknown(raw: Mapping[Any, Any], at: str, reading: Reading, *, known: list[str]) -> bool:
    unknown = [name for name in raw if name not in known]
    for name in unknown:
        reading.refuse(pointer(at, name), "unknown_member", f"Not a member here. Known are: {', '.join(known)}.")
    return not unknown


def _agree(cls: type[Any], values: Mapping[str, Any], at: str, reading: Reading) -> bool:
    if not issubclass(cls, ChecksItself):
        return True
    found = list(cls.refusals(values))
    for name, reason, detail in found:
        reading.refuse(pointer(at, name), reason, detail)
    return not found
