"""HTTP of the calculator and of the language's published schema."""

import asyncio
from typing import Annotated, Any

from app.calculation import service as calculation
from app.calculation.errors import BrokenMonth, DefinitionInvalid, PracticeRepeated
from app.core.auth import public, require
from app.core.http import make_router
from app.core.principal import Principal
from app.core.problems import error_responses
from app.schemes import service
from app.schemes.errors import VersionNotPayable
from app.schemes.schemas.calculator import CalculatorAnswer, CalculatorIn

router = make_router("schemes")


@router.post(
    "/v1/calculator",
    responses=error_responses(DefinitionInvalid, VersionNotPayable, BrokenMonth, PracticeRepeated),
)
async def run_calculator(
    body: CalculatorIn, caller: Annotated[Principal, require("calculator:use")]
) -> CalculatorAnswer:
    """What a definition pays for given practices and facts: the same engine, lines and workings as a payment run's.

    Nothing is looked up and nothing is kept.
    """
    # Thousands of practices take a while; the event loop goes on serving others meanwhile.
    return await asyncio.to_thread(service.work_out, body)


@router.get("/schemas/definition.json", dependencies=[public("the language is published for everybody")])
async def get_definition_schema() -> dict[str, Any]:
    """The definition language as JSON Schema, draft 2020-12, with every member described."""
    return calculation.definition_schema()
