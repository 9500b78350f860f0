"""HTTP of suppliers: by which number a ledger knows who is paid."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.calculation.values import Payee
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch, Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations.errors import PracticeNotFound
from app.payments import service
from app.payments.errors import (
    OwnPractice,
    SupplierNotFound,
    SupplierNotProposed,
    SupplierProposedMeanwhile,
    SupplierSamePerson,
)
from app.payments.repository.suppliers import SupplierRepository
from app.payments.router.root import router
from app.payments.schemas import suppliers
from app.payments.tables import Supplier
from app.payments.values import SupplierTerms

Reader = Annotated[Principal, require("runs:read")]
Proposer = Annotated[Principal, require("suppliers:propose", money=True)]
Confirmer = Annotated[Principal, require("suppliers:confirm", money=True)]


@router.post(
    "/v1/suppliers",
    status_code=201,
    responses=error_responses(PracticeNotFound, OwnPractice, SupplierProposedMeanwhile),
)
async def propose_supplier(
    body: suppliers.SupplierIn, caller: Proposer, session: Transaction, serving: Serving, response: Response
) -> suppliers.Supplier:
    """Propose the supplier and site number by which the ledger knows a payee; another person confirms them.

    Until then nothing changes. An earlier proposal for the payee that nobody has confirmed is withdrawn. Only files that
    carry such numbers need them. Not by somebody with a post at the practice.
    """
    row = await service.propose_supplier(
        session,
        Payee(body.payee.type, body.payee.code),
        SupplierTerms(body.supplier_number, body.site),
        name=body.name,
        reason=body.reason,
        person=caller.require_person(),
        now=serving.clock.now(),
    )
    response.headers["Location"] = f"/v1/suppliers/{row.id}"
    return _supplier(row, response)


@router.post(
    "/v1/suppliers/{supplier_id}/confirm",
    responses=error_responses(
        SupplierNotFound,
        SupplierNotProposed,
        SupplierSamePerson,
        OwnPractice,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def confirm_supplier(
    supplier_id: UUID,
    caller: Confirmer,
    session: Transaction,
    serving: Serving,
    response: Response,
    expected: MustMatch,
) -> suppliers.Supplier:
    """Confirm a proposal: it is in force for the payee from now on, in place of what was.

    By another person than whoever proposed it, and not by somebody with a post at the practice. Files of runs that were
    released before keep the numbers that were in force then.
    """
    row = await service.confirm_supplier(
        session, supplier_id, person=caller.require_person(), expected=expected, now=serving.clock.now()
    )
    return _supplier(row, response)


@router.get("/v1/suppliers")
async def list_suppliers(
    params: Annotated[suppliers.SupplierParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> suppliers.SupplierPage:
    """What was proposed and confirmed for each payee, newest first; `state=confirmed` is what is in force."""
    page = await SupplierRepository(session, session.tenant).list_page(
        payee=params.payee, state=params.state, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(_shown))  # pyright: ignore


@router.get("/v1/suppliers/{supplier_id}", responses=error_responses(SupplierNotFound))
async def get_supplier(
    supplier_id: UUID, caller: Reader, session: Transaction, response: Response
) -> suppliers.Supplier:
    """One proposal, and what became of it."""
    return _supplier(await SupplierRepository(session, session.tenant).get(supplier_id), response)


def _supplier(row: Supplier, response: Response) -> suppliers.Supplier:
    response.headers["ETag"] = version_etag(row.version)
    return _shown(row)


def _shown(row: Supplier) -> suppliers.Supplier:
    return suppliers.Supplier(
        id=row.id,
        payee=suppliers.SupplierPayee(type=row.payee_type, code=row.payee_code),  # pyright: ignore - it is checked
        supplier_number=row.supplier_number,
        site=row.site,
        name=row.name,
        reason=row.reason,
        state=row.state,  # pyright: ignore - the database checks it
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
    )
