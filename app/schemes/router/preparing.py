"""HTTP of claims that the office makes on practices' behalf: the sheet that goes out, and the sheet that comes back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import ValidationError
from pydantic_core import from_json

from app.calculation.errors import BrokenMonth
from app.core.auth import require
from app.core.clock import Period
from app.core.db import Transaction
from app.core.errors import FieldError, InvalidRequest, MalformedJson, UnsupportedMedia
from app.core.http import Serving
from app.core.input_problems import refused_input
from app.core.principal import Principal
from app.core.problems import error_responses
from app.meetings.values import Spreadsheets
from app.organisations.errors import FileRefused
from app.schemes import service
from app.schemes.errors import (
    AlreadyClaimed,
    ClaimsNotRequired,
    ClaimsRefused,
    FactsRefused,
    NoClaimPeriod,
    NoVersion,
    OwnPractice,
    SchemeNotFound,
)
from app.schemes.router.root import router, visible_scheme
from app.schemes.rules import claiming, preparing
from app.schemes.schemas.claims import SHEET, PeriodParams, PreparedAnswer, PreparedIn, PreparedParams, PreparedRow

Preparer = Annotated[Principal, require("claims:prepare", money=True)]
_CSV = {"text/csv": {"schema": {"type": "string"}}}
# Written out: a schema inside a body's own has no components to refer to.
_SHEET_SCHEMA = {
    "type": "object",
    "properties": {"rows": {"type": "array", "items": PreparedRow.model_json_schema()}},
    "required": ["rows"],
    "additionalProperties": False,
}
_CSV_EXAMPLE = "practice,practice_name,figure_so_far,lead_session\nZZ0001,Mill Lane Surgery,1800.00,6\n"


@router.get(
    "/v1/incentive-schemes/{scheme_id}/claims/template",
    response_class=Response,
    responses={200: {"content": _CSV}} | error_responses(SchemeNotFound, NoVersion, BrokenMonth),
)
async def get_claims_template(
    scheme_id: UUID, params: Annotated[PeriodParams, Query()], caller: Preparer, session: Transaction
) -> Response:
    """A CSV of the scheme's practices for a period: their figure so far, and a column for each fact that its definition
    reads, filled with what is recorded. Fill in the rest and send it back; as it is, it changes nothing.
    """
    await visible_scheme(session, scheme_id, caller)
    sheet = await service.claims_template(session, scheme_id, _period(params.period))
    headers = {"Content-Disposition": 'attachment; filename="claims.csv"'}
    return Response(sheet, media_type="text/csv", headers=headers)


@router.post(
    "/v1/incentive-schemes/{scheme_id}/claims/bulk",
    status_code=201,
    responses=error_responses(
        SchemeNotFound,
        NoVersion,
        BrokenMonth,
        ClaimsNotRequired,
        NoClaimPeriod,
        AlreadyClaimed,
        ClaimsRefused,
        FactsRefused,
        OwnPractice,
        MalformedJson,
        UnsupportedMedia,
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _SHEET_SCHEMA, "example": SHEET},
                "text/csv": {"schema": {"type": "string"}, "example": _CSV_EXAMPLE},
            },
        }
    },
)
async def prepare_scheme_claims(
    scheme_id: UUID,
    params: Annotated[PreparedParams, Query()],
    request: Request,
    caller: Preparer,
    session: Transaction,
    serving: Serving,
) -> PreparedAnswer:
    """Make claims on practices' behalf from the sheet, as CSV or JSON; all or none. Each practice is told, and declares its
    own claim.

    A value is what the evidence of that name adds up to over the period, and becomes one confirmed fact of its last day; an
    empty cell, and one that says what is recorded, changes nothing, so the same sheet can be sent again. Where facts
    were recorded otherwise and add up to something else, the cell is refused: correct those. So is one of costs, or of
    events that count once for each subject: they are told apart, and recorded as facts. `errors` has a pointer to
    each cell that is refused, rows counted from 0 below the headings.
    """
    await visible_scheme(session, scheme_id, caller)
    rows = (await _sheet(request, serving.part(Spreadsheets))).rows
    found = await service.prepare_claims(
        session,
        scheme_id,
        _period(params.period),
        [row.claim() for row in rows],
        dry_run=params.dry_run,
        person=caller.require_person(),
        now=serving.clock.now(),
    )
    return PreparedAnswer(
        dry_run=params.dry_run,
        created=found.created,
        unchanged=found.unchanged,
        facts_created=found.facts.created,
        facts_changed=found.facts.changed,
        warnings=list(found.warnings),
    )


def _period(text: str) -> Period:
    period = claiming.read_period(text)
    if isinstance(period, str):
        raise InvalidRequest(errors=[FieldError("?period", "wrong_format", period)])
    return period


async def _sheet(request: Request, sheets: Spreadsheets) -> PreparedIn:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == "application/json":
        try:
            given = from_json(body)
        except ValueError:
            raise MalformedJson from None
    elif kind == "text/csv":
        given = {"rows": _csv_rows(body, sheets)}
    else:
        raise UnsupportedMedia("Send application/json or text/csv.")
    try:
        return PreparedIn.model_validate(given)
    except ValidationError as error:
        raise refused_input(error, given) from None


def _csv_rows(body: bytes, sheets: Spreadsheets) -> list[dict[str, Any]]:
    try:
        headings, *rows = sheets.read_rows(body)
    except FileRefused as refused:
        raise ClaimsRefused(f"{refused.title} {refused.detail or ''}".strip()) from None
    if "practice" not in headings or len(set(headings)) != len(headings):
        raise ClaimsRefused("The first line has to name each column once, and `practice` among them.")
    wide = [
        FieldError(f"/rows/{place}", "imports.wrong_width", f"More than {len(headings)} cells; quote commas.")
        for place, row in enumerate(rows)
        if any(row[len(headings) :])
    ]
    if wide:
        raise ClaimsRefused(errors=wide)
    return [_csv_row(dict(zip(headings, row, strict=False))) for row in rows]


def _csv_row(cells: dict[str, str]) -> dict[str, Any]:
    values = {name: text for name, text in cells.items() if text and name not in preparing.COLUMNS}
    return {"practice": cells["practice"], "values": values}
