"""The generator behind the properties, the second calculation and the years draws all that the language has."""

from collections.abc import Iterator
from random import Random
from typing import Any

from app.calculation.language.document import Document
from app.calculation.language.members import Reader, declared, is_required
from app.calculation.language.readers import Choice, ChoiceOrDate
from app.calculation.language.structures import AnyNeed, AnyNode, Declared, ListOf, Measures
from app.calculation.nodes.catalogue import CATALOGUE, PARTS
from app.storm.inventing import invent

DEFINITIONS = 250
Place = tuple[str, str, str]
"""The class, its member, and what stands there: a word out of a choice, something, or nothing."""


def test_every_kind_member_word_and_default_of_the_language_is_drawn() -> None:
    drawn = {place for seed in range(DEFINITIONS) for place in _found(Document, invent(Random(seed)).raw)}
    assert sorted(_known() - drawn) == []


def _known() -> set[Place]:
    kinds = (*CATALOGUE.nodes.values(), *CATALOGUE.measures.values(), *CATALOGUE.needs.values())
    return {place for cls in (Document, *PARTS, *kinds) for place in _places(cls)}


def _places(cls: type[Any]) -> Iterator[Place]:
    for each, spec in declared(cls):
        for words in _words(spec.reader):
            yield cls.__name__, each.name, words
        if not is_required(each):
            yield cls.__name__, each.name, "nothing"


def _words(reader: Reader) -> list[str]:
    if isinstance(reader, Choice):
        return [word.value for word in reader.words]
    if isinstance(reader, ChoiceOrDate):
        return [*(word.value for word in reader.words), "something"]
    return ["something"]


def _found(cls: type[Any], raw: dict[str, Any]) -> Iterator[Place]:
    for each, spec in declared(cls):
        if each.name not in raw:
            yield cls.__name__, each.name, "nothing"
            continue
        value = raw[each.name]
        word = value if isinstance(value, str) and value in _words(spec.reader) else "something"
        yield cls.__name__, each.name, word
        yield from _inside(spec.reader, value)


def _inside(reader: Reader, value: Any) -> Iterator[Place]:
    match reader:
        case Declared():
            yield from _found(reader.cls, value)
        case AnyNode():
            yield from _found(CATALOGUE.nodes[value["type"]], value)
        case AnyNeed():
            yield from _found(next(kind for key, kind in CATALOGUE.needs.items() if key in value), value)
        case Measures():
            for each in value.values():
                yield from _found(CATALOGUE.measures[each["kind"]], each)
        case ListOf():
            for each in value:
                yield from _inside(reader.each, each)
        case _:
            pass
