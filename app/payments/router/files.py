"""HTTP of files for a ledger, and of how each tenant's ledger wants them."""

import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import NotThereYet, PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch, Serving, paged
from app.core.money import format_pounds
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.payments import service
from app.payments.errors import (
    BookingIncomplete,
    LayoutMadeMeanwhile,
    LayoutNotFitting,
    LayoutNotFound,
    RunNotFound,
    RunNotReleased,
    SendingNotFound,
    SentFileLost,
    SupplierMissing,
)
from app.payments.repository.layouts import LayoutRepository
from app.payments.router.root import router
from app.payments.schemas import files
from app.payments.tables import FileLayout
from app.payments.values import CsvLayout, FileForm, InvoiceLayout, PaymentFile

Reader = Annotated[Principal, require("runs:read")]
Keeper = Annotated[Principal, require("files:write")]
# By form: the media type, and how the name of the file ends.
_KINDS: Final = {
    FileForm.CSV: ("text/csv; charset=utf-8", "csv"),
    FileForm.JSON: ("application/json", "json"),
    FileForm.ORACLE_AP: ("application/zip", "zip"),
    FileForm.CQRS_LOCAL: ("text/csv; charset=utf-8", "csv"),
    FileForm.JOURNAL: ("text/csv; charset=utf-8", "journal.csv"),
}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file, as an attachment.",
        "headers": {
            "Plenary-Control-Count": {
                "schema": {"type": "integer"},
                "description": "How many payments; of a journal, how many rows.",
            },
            "Plenary-Control-Total": {
                "schema": {"type": "string"},
                "description": "Their sum in pounds; of a journal, the sum of its debits, which is that of its credits.",
            },
        },
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
            "application/zip": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.get(
    "/v1/payment-runs/{run_id}/file",
    response_class=Response,
    responses=_FILE
    | error_responses(
        RunNotFound, RunNotReleased, LayoutNotFound, LayoutNotFitting, SupplierMissing, BookingIncomplete
    ),
)
async def get_payment_file(
    run_id: UUID, params: Annotated[files.FileParams, Query()], caller: Reader, session: Transaction
) -> Response:
    """A released run's payments for the ledger, with the count and the sum of them as control totals.

    To fetch it sends nothing, and may be done at any time; `POST /v1/payment-runs/{run_id}/sendings` records the sending.
    Only payments of more than 0.00 are in it; what a payee owes is carried forward. Each payment has its reference, by which
    a ledger refuses it a second time. The same run always gives the same bytes.

    `csv` takes a layout of the commissioner's own. `json` has the lines by which each payment is booked. `oracle-ap` is a
    ZIP of invoices and their lines for the import of Oracle Payables, and needs a confirmed supplier for each payee.
    `cqrs-local` is what a bulk claim in CQRS Local is filled with. `journal` has, as debits and credits, the lines that no
    payment carries, because they cancel out or are owed: with the payments it is all that the run has posted.
    """
    found = await service.render_file(session, run_id, form=params.format, layout=params.layout)
    return _attached(run_id, params.format, found)


@router.get(
    "/v1/payment-runs/{run_id}/sendings/{sending_id}/file",
    response_class=Response,
    responses=_FILE | error_responses(RunNotFound, SendingNotFound, SentFileLost),
)
async def get_sent_file(run_id: UUID, sending_id: UUID, caller: Reader, session: Transaction) -> Response:
    """The file that left with this sending, to the byte: by its layout as it was then, whatever it is now."""
    await service.get_run(session, run_id)
    form, found = await service.render_sent(session, run_id, sending_id)
    return _attached(run_id, form, found)


def _attached(run_id: UUID, form: FileForm, found: PaymentFile) -> Response:
    media_type, ending = _KINDS[form]
    headers = {
        "Content-Disposition": f'attachment; filename="run-{run_id}.{ending}"',
        "Plenary-Control-Count": str(found.count),
        "Plenary-Control-Total": format_pounds(found.total),
    }
    return Response(found.body, media_type=media_type, headers=headers)


@router.put(
    "/v1/file-layouts/{name}",
    responses={201: {"model": files.FileLayout, "description": "A new layout."}}
    | error_responses(LayoutNotFound, LayoutMadeMeanwhile, PreconditionFailed, NotThereYet, PreconditionRequired),
)
async def put_file_layout(
    name: str,
    body: files.FileLayoutIn,
    caller: Keeper,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> files.FileLayout:
    """Say how the ledger wants its files: which columns under which headings, days and amounts in which form.

    A name is small letters, digits and hyphens, at most 40. `rows` by `line` give one row for each way a payment is booked,
    which add up to it. A layout with `record` ends with a row of control totals. `If-Match` is needed once there is one.
    """
    if not _NAME.fullmatch(name):
        raise LayoutNotFound("A layout's name is small letters, digits and hyphens, at most 40.")
    row, is_new = await service.put_layout(
        session,
        name,
        FileForm(body.format),
        body.layout(),
        person=caller.require_person(),
        expected=expected,
        now=serving.clock.now(),
    )
    if is_new:
        response.status_code = 201
    return _layout(row, response)


@router.get("/v1/file-layouts")
async def list_file_layouts(
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> files.FileLayoutPage:
    """The commissioner's own layouts, by name."""
    page = await LayoutRepository(session, session.tenant).list_page(params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_shown))  # pyright: ignore


@router.get("/v1/file-layouts/{name}", responses=error_responses(LayoutNotFound))
async def get_file_layout(name: str, caller: Reader, session: Transaction, response: Response) -> files.FileLayout:
    """One layout."""
    return _layout(await LayoutRepository(session, session.tenant).get_named(name), response)


def _layout(row: FileLayout, response: Response) -> files.FileLayout:
    response.headers["ETag"] = version_etag(row.version)
    return _shown(row)


def _shown(row: FileLayout) -> files.FileLayout:
    layout = service.layout_of(row)
    csv = layout if isinstance(layout, CsvLayout) else None
    return files.FileLayout(
        name=row.name,
        format=row.format,  # pyright: ignore - the database checks it
        columns=[files.Column(field=c.field, heading=c.heading) for c in csv.columns] if csv else None,
        rows=csv.rows if csv else None,
        date_form=csv.date_form if csv else None,
        separator=csv.separator if csv else None,
        amount_form=csv.amount_form if csv else None,
        invoice=_invoice(layout) if isinstance(layout, InvoiceLayout) else None,
        changed_at=row.changed_at,
    )


def _invoice(layout: InvoiceLayout) -> files.InvoiceTerms:
    return files.InvoiceTerms(
        business_unit=layout.business_unit, source=layout.source, distribution=layout.distribution
    )
