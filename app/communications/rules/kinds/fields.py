"""Fields that several kinds have, and short ways to declare the others."""

from typing import Any, Final

from app.communications.values import FieldType, TemplateField

COMMISSIONER: Final = TemplateField("commissioner", FieldType.TEXT, "The commissioner's name.", example="NHS Fenmarsh")
SCHEME: Final = TemplateField("scheme", FieldType.TEXT, "The scheme's title.", example="Continuity of care")
PRACTICE: Final = TemplateField(
    "practice",
    FieldType.RECORD,
    "The practice that it is about. Its code or its name stands in every wording.",
    is_required=True,
    of=(
        TemplateField("code", FieldType.TEXT, "Its ODS code.", example="ZZ0001"),
        TemplateField("name", FieldType.TEXT, "What the register calls it.", example="Mill Lane Surgery"),
    ),
)


def text(name: str, meaning: str, example: str, **more: Any) -> TemplateField:
    return TemplateField(name, FieldType.TEXT, meaning, example, **more)


def markdown(name: str, meaning: str, example: str, **more: Any) -> TemplateField:
    return TemplateField(name, FieldType.MARKDOWN, meaning, example, **more)


def pounds(name: str, meaning: str, example: int, **more: Any) -> TemplateField:
    """`example` is in pence."""
    return TemplateField(name, FieldType.POUNDS, meaning, example, **more)


def number(name: str, meaning: str, example: int, **more: Any) -> TemplateField:
    return TemplateField(name, FieldType.NUMBER, meaning, example, **more)


def flag(name: str, meaning: str, *, example: bool) -> TemplateField:
    return TemplateField(name, FieldType.FLAG, meaning, example)


def choice(name: str, meaning: str, *choices: str, **more: Any) -> TemplateField:
    """The first is the example."""
    return TemplateField(name, FieldType.CHOICE, meaning, choices[0], choices=choices, **more)


def day(name: str, meaning: str, example: Any, **more: Any) -> TemplateField:
    return TemplateField(name, FieldType.DAY, meaning, example, **more)


def period(name: str, meaning: str, example: Any, **more: Any) -> TemplateField:
    return TemplateField(name, FieldType.PERIOD, meaning, example, **more)
