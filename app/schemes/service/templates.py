"""The schemes that the package brings along as templates: complete definitions that pay as they are written."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from app.schemes.errors import TemplateNotFound
from app.schemes.values import Template

TEMPLATES: Final = ("named-lead", "protected-half-day", "points")


def list_templates() -> list[Template]:
    return [get_template(key) for key in TEMPLATES]


@cache
def get_template(key: str) -> Template:
    if key not in TEMPLATES:
        raise TemplateNotFound
    text = (files("app.schemes") / "examples" / f"{key}.json").read_text(encoding="utf-8")
    example: dict[str, Any] = json.loads(text)
    return Template(key, example["title"], example["purpose"], example["definition"])
