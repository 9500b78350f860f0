"""The kinds as a page, for docs/wording.md."""

from collections.abc import Iterator

from app.communications.rules.kinds import KINDS
from app.communications.values import FieldType, TemplateField, TemplateKind


def kinds_page() -> str:
    """Every kind as Markdown: who is told what, and the fields that a wording of it has."""
    return "\n".join(line for kind in KINDS.values() for line in _section(kind))


def _section(kind: TemplateKind) -> Iterator[str]:
    yield f"### `{kind.key}`\n"
    yield f"{kind.purpose} A preview of something real takes the id of {kind.subject} and needs `{kind.scope}`.\n"
    yield "| field | type | |"
    yield "|---|---|---|"
    for field in kind.fields:
        yield f"| `{field.name}` | {_type(field)} | {_meaning(field)} |"
        for part in field.of:
            yield f"| `{field.name}.{part.name}` | {_type(part)} | {part.meaning} |"
    yield ""


def _type(field: TemplateField) -> str:
    kind = "parts" if field.type is FieldType.RECORD else field.type.value
    return f"list of {kind}" if field.is_list else kind


def _meaning(field: TemplateField) -> str:
    choices = f" One of: {', '.join(f'`{each}`' for each in field.choices)}." if field.choices else ""
    required = " **Required.**" if field.is_required else ""
    optional = " There may be none." if field.is_optional else ""
    return f"{field.meaning}{choices}{optional}{required}"
