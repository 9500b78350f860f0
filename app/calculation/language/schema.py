"""The language as JSON Schema, made from the same declarations that read it."""

from collections.abc import Iterable, Mapping
from inspect import getdoc
from typing import Any, Final

from app.calculation.language.document import Document, Round
from app.calculation.language.members import declared, is_required
from app.calculation.language.reading import Catalogue

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def definition_schema(*, catalogue: Catalogue, parts: Iterable[type[Any]] = ()) -> dict[str, Any]:
    """Draft 2020-12. `parts` are small declared objects that nodes hold, such as another payee.

    It says what one place may hold; what depends on another place (unique ids, names of measures) only reading finds.
    """
    kinds = {
        "Node": ("type", catalogue.nodes),
        "Measure": ("kind", catalogue.measures),
        "Need": (None, catalogue.needs),
    }
    definitions = {name: _one_of(classes) for name, (_, classes) in kinds.items()}
    for tag, classes in kinds.values():
        definitions |= {cls.__name__: _object(cls, tag, word) for word, cls in classes.items()}
    definitions |= {cls.__name__: _object(cls, None, "") for cls in (Round, *parts)}
    document = _object(Document, None, "")
    return {"$schema": _DIALECT, "title": "A scheme's definition", **document, "$defs": definitions}


def _one_of(classes: Mapping[str, type[Any]]) -> dict[str, Any]:
    return {"oneOf": [{"$ref": f"#/$defs/{cls.__name__}"} for cls in classes.values()]}


def _object(cls: type[Any], tag: str | None, word: str) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    if tag:
        properties[tag] = {"const": word, "description": f"Names this kind: `{word}`.", "examples": [word]}
    for each, spec in declared(cls):
        properties[each.name] = spec.schema()
    required = [*([tag] if tag else []), *(each.name for each, _ in declared(cls) if is_required(each))]
    schema: dict[str, Any] = {"type": "object", "description": getdoc(cls), "properties": properties}
    return {**schema, **({"required": required} if required else {}), "additionalProperties": False}
