"""HTTP of the calculator and of the language's published schema."""

from typing import Annotated, Any, Final

from fastapi import Response

from app.calculation import service as calculation
from app.calculation.errors import AmountTooLarge, BrokenMonth, DefinitionInvalid, PracticeRepeated
from app.core.auth import public, require
from app.core.errors import Unavailable
from app.core.limits import Bench
from app.core.principal import Principal
from app.core.problems import error_responses
from app.schemes import service
from app.schemes.errors import CalculationTooLarge, VersionNotPayable
from app.schemes.router.root import router
from app.schemes.schemas.calculator import CalculatorAnswer, CalculatorIn

# Two calculations of the largest size keep two processors busy for a second or two.
_BENCH: Final = Bench(2)


@router.post(
    "/v1/calculator",
    response_model=CalculatorAnswer,
    responses=error_responses(
        DefinitionInvalid,
        VersionNotPayable,
        BrokenMonth,
        AmountTooLarge,
        PracticeRepeated,
        CalculationTooLarge,
        Unavailable,
    ),
)
async def run_calculator(body: CalculatorIn, caller: Annotated[Principal, require("calculator:use")]) -> Response:
    """What a definition pays for given practices and facts: the same engine, lines and workings as a payment run's.

    Nothing is looked up and nothing is kept. Practices times paying nodes are 20,000 at most, facts times paying nodes
    100,000, and so are practices times steps: each line, and for each line every node around it and what that needs.
    Two calculations are worked out at a time in each process; a third is 503 with `Retry-After`.
    """
    # Thousands of practices take a while; the event loop goes on serving others, also while the answer is written.
    return Response(await _BENCH.run(_answer, body), media_type="application/json")


def _answer(body: CalculatorIn) -> bytes:
    return service.work_out(body).model_dump_json(by_alias=True).encode()


@router.get("/schemas/definition.json", dependencies=[public("the language is published for everybody")])
async def get_definition_schema() -> dict[str, Any]:
    """The definition language as JSON Schema, draft 2020-12, with every member described."""
    return calculation.definition_schema()
