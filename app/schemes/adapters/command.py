"""`plenary calculate`: the calculator over one file, without a server."""

from pathlib import Path

from pydantic import ValidationError

from app.core.errors import DomainError
from app.schemes import service
from app.schemes.schemas.calculator import CalculatorIn


class NotCalculated(Exception):
    """Why there is no answer: one line for each thing that is wrong."""


def calculate_file(file: Path) -> str:
    """The answer of `POST /v1/calculator` to the body in the file, as indented JSON."""
    try:
        body = CalculatorIn.model_validate_json(file.read_bytes())
        return service.work_out(body).model_dump_json(by_alias=True, indent=2)
    except ValidationError as error:
        lines = [f"/{'/'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
        raise NotCalculated("\n".join(lines)) from error
    except DomainError as error:
        lines = [f"{each.pointer}: {each.detail} ({each.code})" for each in error.errors]
        raise NotCalculated("\n".join([f"{error} ({error.code})", *lines])) from error
