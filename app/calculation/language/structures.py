"""Readers of what has parts: nodes, lists of nodes, needs, measures and names of measures, small objects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.calculation.language.members import Reader, declared, is_required, read_members
from app.calculation.language.readers import NAME_PATTERN
from app.calculation.language.reading import INVALID, MAX_DEPTH, MAX_NODES, Invalid, Reading, pointer
from app.calculation.values import Measure, MeasuredIn, Need, Node

MAX_MEASURES: Final = 100
_NAME: Final = re.compile(NAME_PATTERN.strip("^$"))


@dataclass(frozen=True, slots=True)
class Declared(Reader):
    """An object with the members that one class declares."""

    cls: type[Any]

    def read(self, raw: object, at: str, reading: Reading) -> Any:
        values = read_members(self.cls, raw, at, reading)
        return values if isinstance(values, Invalid) else self.cls(**values)

    def schema(self) -> dict[str, Any]:
        required = {each.name: spec.schema()["examples"][0] for each, spec in declared(self.cls) if is_required(each)}
        return {"$ref": f"#/$defs/{self.cls.__name__}", "examples": [required]}


@dataclass(frozen=True, slots=True)
class AnyNode(Reader):
    def read(self, raw: object, at: str, reading: Reading) -> Node | Invalid:
        with reading.deeper():
            if reading.depth > MAX_DEPTH:
                return reading.refuse(at, "too_deep", f"Nodes may stand at most {MAX_DEPTH} deep in each other.")
            if reading.nodes > MAX_NODES:
                return reading.refuse(at, "too_large", f"A definition has at most {MAX_NODES} nodes.")
            return _read_tagged(raw, at, reading, tag="type", kinds=reading.catalogue.nodes, unknown="unknown_node")

    def schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/Node", "examples": [{"type": "fixed", "id": "joining", "amount": "100.00"}]}


@dataclass(frozen=True, slots=True)
class ListOf(Reader):
    each: Reader
    most: int

    def read(self, raw: object, at: str, reading: Reading) -> tuple[Any, ...] | Invalid:
        if not isinstance(raw, list | tuple):
            return reading.wrong_type(at, "a list")
        if not raw:
            return reading.refuse(at, "bad_value", "At least one is needed.")
        if len(raw) > self.most:
            return reading.refuse(at, "too_large", f"At most {self.most} are allowed.")
        values = tuple(self.each.read(one, pointer(at, i), reading) for i, one in enumerate(raw))
        return INVALID if any(isinstance(value, Invalid) for value in values) else values

    def schema(self) -> dict[str, Any]:
        each = self.each.schema()
        limits = {"minItems": 1, "maxItems": self.most}
        return {"type": "array", "items": each, **limits, "examples": [each["examples"]]}


@dataclass(frozen=True, slots=True)
class AnyNeed(Reader):
    """A need is known by the member that names it: `post` today."""

    def read(self, raw: object, at: str, reading: Reading) -> Need | Invalid:
        if not isinstance(raw, Mapping):
            return reading.wrong_type(at, "a JSON object")
        kinds = [kind for key, kind in reading.catalogue.needs.items() if key in raw]
        if len(kinds) != 1:
            known = ", ".join(reading.catalogue.needs)
            return reading.refuse(at, "unknown_need", f"A need has exactly one of these members: {known}.")
        values = read_members(kinds[0], raw, at, reading)
        return values if isinstance(values, Invalid) else kinds[0](**values)

    def schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/Need", "examples": [{"post": "named_lead", "held": "period_start"}]}


@dataclass(frozen=True, slots=True)
class Measures(Reader):
    """The named measures; they are read first, so that nodes can point at them."""

    def read(self, raw: object, at: str, reading: Reading) -> dict[str, Measure] | Invalid:
        if not isinstance(raw, Mapping):
            return reading.wrong_type(at, "a JSON object")
        if len(raw) > MAX_MEASURES:
            return reading.refuse(at, "too_large", f"A definition has at most {MAX_MEASURES} measures.")
        for name, each in raw.items():
            reading.measures[name] = _read_measure(name, each, pointer(at, name), reading)
        sound = {name: each for name, each in reading.measures.items() if isinstance(each, Measure)}
        return sound if len(sound) == len(raw) else INVALID

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": {"pattern": NAME_PATTERN},
            "additionalProperties": {"$ref": "#/$defs/Measure"},
            "maxProperties": MAX_MEASURES,
            "examples": [{"sessions": {"kind": "count", "fact": "lead_session", "max_per_month": 2}}],
        }


@dataclass(frozen=True, slots=True)
class MeasureName(Reader):
    """The key of a measure of one of these kinds, and where only some of their units fit, in one of those."""

    kinds: type[Measure] | tuple[type[Measure], ...]
    units: tuple[MeasuredIn, ...] = ()

    def read(self, raw: object, at: str, reading: Reading) -> Measure | Invalid:
        if not isinstance(raw, str):
            return reading.wrong_type(at, "a string, the name of a measure")
        if raw not in reading.measures:
            known = ", ".join(name for name in reading.measures if _NAME.fullmatch(name)) or "none"
            return reading.refuse(at, "unknown_measure", f"Not a key under `measures`. Known are: {known}.")
        found = reading.measures[raw]
        if not isinstance(found, Measure):
            # A measure that was itself refused has been reported where it stands.
            return found
        if not isinstance(found, self.kinds):
            return self._refuse("wrong_measure_kind", found, at, reading)
        if self.units and found.measured_in not in self.units:
            return self._refuse("wrong_unit", found, at, reading)
        return found

    def schema(self) -> dict[str, Any]:
        needed = f"The key of a measure of kind {self._kinds('`')}, in {self._units()}."
        return {"type": "string", "description": needed, "examples": [self._classes()[0].kind]}

    def _refuse(self, reason: str, found: Measure, at: str, reading: Reading) -> Invalid:
        is_there = f"This is {found.measured_in.value}, of kind {found.kind}"
        return reading.refuse(
            at, reason, f"{is_there}. Needed here is {self._units()}: a measure of kind {self._kinds()}."
        )

    def _kinds(self, quote: str = "") -> str:
        return " or ".join(f"{quote}{kind.kind}{quote}" for kind in self._classes())

    def _units(self) -> str:
        fitting = self.units or tuple(dict.fromkeys(unit for kind in self._classes() for unit in kind.units))
        return " or ".join(unit.value for unit in fitting)

    def _classes(self) -> tuple[type[Measure], ...]:
        return self.kinds if isinstance(self.kinds, tuple) else (self.kinds,)


def _read_measure(name: str, raw: object, at: str, reading: Reading) -> Measure | Invalid:
    if not _NAME.fullmatch(name):
        return reading.refuse(
            at, "bad_value", "A measure's name starts with a letter and has at most 64 letters, digits, _ . and -."
        )
    kinds = reading.catalogue.measures
    return _read_tagged(raw, at, reading, tag="kind", kinds=kinds, unknown="unknown_measure_kind", name=name)


def _read_tagged(
    raw: object,
    at: str,
    reading: Reading,
    *,
    tag: str,
    kinds: Mapping[str, type[Any]],
    unknown: str,
    **given: str,
) -> Any:
    if not isinstance(raw, Mapping):
        return reading.wrong_type(at, "a JSON object")
    known = ", ".join(kinds)
    if tag not in raw:
        return reading.refuse(pointer(at, tag), "missing_member", f"Missing. It is one of: {known}.")
    if not isinstance(raw[tag], str) or raw[tag] not in kinds:
        return reading.refuse(pointer(at, tag), unknown, f"This has to be one of: {known}.")
    kind = kinds[raw[tag]]
    values = read_members(kind, raw, at, reading, tag=tag)
    return values if isinstance(values, Invalid) else kind(**given, **values)
