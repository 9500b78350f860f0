"""What can be named at one place of a template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.communications.values import FieldType, TemplateField

_LOOP: Final = TemplateField(
    "loop",
    FieldType.RECORD,
    "Where a loop is.",
    of=(
        TemplateField("first", FieldType.FLAG, "Whether this is the first."),
        TemplateField("last", FieldType.FLAG, "Whether this is the last."),
        TemplateField("index", FieldType.NUMBER, "Its number, from 1."),
    ),
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A field, and the path by which it is the same wherever it is named: `payments[].payee`."""

    field: TemplateField
    path: str

    @property
    def item(self) -> "Bound":
        return Bound(replace(self.field, is_list=False, is_optional=False), f"{self.path}[]")

    def part(self, name: str) -> "Bound | None":
        found = next((each for each in self.field.of if each.name == name), None)
        return Bound(found, f"{self.path}.{name}") if found else None


@dataclass(frozen=True, slots=True)
class Scope:
    bound: Mapping[str, Bound]

    def find(self, name: str) -> Bound | None:
        return self.bound.get(name)

    def names(self) -> list[str]:
        return list(self.bound)

    def with_item(self, name: str, over: Bound) -> "Scope":
        return Scope({**self.bound, "loop": Bound(_LOOP, "loop"), name: over.item})


def top_scope(fields: Sequence[TemplateField]) -> Scope:
    return Scope({field.name: Bound(field, field.name) for field in fields})
