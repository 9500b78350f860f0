"""`plenary calculate`: the calculator over one file, without a server."""

import json
from pathlib import Path

from pydantic import ValidationError

from app.core.errors import DomainError, MalformedJson
from app.core.input_problems import json_place, refused_input
from app.schemes import service
from app.schemes.schemas.calculator import CalculatorIn


class NotCalculated(Exception):
    """Why there is no answer: one line for each thing that is wrong."""


def calculate_file(file: Path) -> str:
    """The answer of `POST /v1/calculator` to the body in the file, as indented JSON."""
    try:
        body = _read(file.read_bytes())
        return service.work_out(body).model_dump_json(by_alias=True, indent=2)
    except DomainError as error:
        lines = [f"{each.pointer}: {each.detail} ({each.code})" for each in error.errors]
        raise NotCalculated("\n".join([f"{error} ({error.code})", *lines])) from error


def _read(text: bytes) -> CalculatorIn:
    """The body, or what is wrong with it in the API's words."""
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(json_place(error.doc, error.pos, error.msg)) from error
    except UnicodeDecodeError as error:
        raise MalformedJson("JSON is sent as UTF-8 (RFC 8259).") from error
    try:
        return CalculatorIn.model_validate_json(text)
    except ValidationError as error:
        raise refused_input(error, given) from error
