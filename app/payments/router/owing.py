"""HTTP of money that payees owe."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.calculation.values import Payee
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch, Serving, paged
from app.core.money import format_pounds, parse_pounds
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.payments import service
from app.payments.errors import (
    ArrangementAgreed,
    ArrangementNotFound,
    ArrangementSamePerson,
    NothingOwed,
    NotWaivable,
    OwnPractice,
    RunOpen,
)
from app.payments.repository.arrangements import ArrangementRepository
from app.payments.router.root import router
from app.payments.schemas import owing
from app.payments.tables import PaymentArrangement
from app.payments.values import ArrangementKind, Balance
from app.schemes import service as schemes
from app.schemes.errors import SchemeNotFound

Reader = Annotated[Principal, require("runs:read")]
Proposer = Annotated[Principal, require("runs:write", money=True)]
Approver = Annotated[Principal, require("payments:approve", money=True)]


@router.get("/v1/incentive-schemes/{scheme_id}/balances", responses=error_responses(SchemeNotFound))
async def list_scheme_balances(scheme_id: UUID, caller: Reader, session: Transaction) -> owing.Balances:
    """Who owes what in the scheme: what was taken back and could not be set against a payment yet, less what was waived.

    After the year's last run it is what is left of the year. What was waived stays beside it: how much, by whom, when and why.
    """
    found = await service.list_balances(session, scheme_id)
    waivers = await ArrangementRepository(session, session.tenant).list_waivers(scheme_id)
    return owing.Balances(
        scheme=scheme_id,
        owed=format_pounds(sum(-balance.amount for balance in found)),
        balances=[_balance(balance) for balance in found],
        waived=format_pounds(sum(row.waived or 0 for row in waivers)),
        waivers=[_arrangement(row) for row in waivers],
    )


@router.post(
    "/v1/incentive-schemes/{scheme_id}/arrangements",
    status_code=201,
    responses=error_responses(SchemeNotFound, NothingOwed, NotWaivable, OwnPractice),
)
async def propose_arrangement(
    scheme_id: UUID,
    body: owing.ArrangementIn,
    caller: Proposer,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> owing.Arrangement:
    """Propose to take back what a payee owes in parts, or to waive it. Nothing changes until another person agrees.

    Only what is owed can be waived, and only where it is less than the scheme's `waive_below`; what a practice was paid
    too little is always paid.
    """
    payee = Payee(body.payee.type, body.payee.code) if body.payee else Payee("practice", body.practice)
    person, now = caller.require_person(), serving.clock.now()
    if body.kind is ArrangementKind.WAIVE:
        row = await service.propose_waiver(
            session, scheme_id, body.practice, payee, reason=body.reason, person=person, now=now
        )
    else:
        row = await service.propose_recovery(
            session,
            scheme_id,
            body.practice,
            payee,
            parts=body.parts,
            most=None if body.most_per_run is None else parse_pounds(body.most_per_run),
            reason=body.reason,
            person=person,
            now=now,
        )
    response.headers["Location"] = f"/v1/incentive-schemes/{scheme_id}/arrangements/{row.id}"
    return _single(row, response)


@router.post(
    "/v1/incentive-schemes/{scheme_id}/arrangements/{arrangement_id}/agree",
    responses=error_responses(
        SchemeNotFound,
        ArrangementNotFound,
        ArrangementAgreed,
        ArrangementSamePerson,
        OwnPractice,
        NothingOwed,
        NotWaivable,
        RunOpen,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def agree_arrangement(
    scheme_id: UUID,
    arrangement_id: UUID,
    caller: Approver,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> owing.Arrangement:
    """Agree to an arrangement that another person proposed. It holds for runs that are asked for from then on.

    A waiver is of all that is owed at that moment, and waits while a run of the scheme is open, since that run may take
    the same money back. The newest arrangement about a payee's recovery is the one that holds, for what was owed when it
    was agreed and until that is made good.
    """
    row = await service.agree(
        session,
        scheme_id,
        arrangement_id,
        person=caller.require_person(),
        expected=expected,
        now=serving.clock.now(),
    )
    return _single(row, response)


@router.get("/v1/incentive-schemes/{scheme_id}/arrangements", responses=error_responses(SchemeNotFound))
async def list_arrangements(
    scheme_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> owing.ArrangementPage:
    """What was proposed and agreed about money that is owed, newest first."""
    await schemes.get_scheme(session, scheme_id)
    arrangements = ArrangementRepository(session, session.tenant)
    page = await arrangements.list_of_scheme(scheme_id, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_arrangement))  # pyright: ignore


@router.get(
    "/v1/incentive-schemes/{scheme_id}/arrangements/{arrangement_id}",
    responses=error_responses(ArrangementNotFound),
)
async def get_arrangement(
    scheme_id: UUID, arrangement_id: UUID, caller: Reader, session: Transaction, response: Response
) -> owing.Arrangement:
    """One arrangement, and who agreed to it."""
    arrangements = ArrangementRepository(session, session.tenant)
    return _single(await arrangements.get_of_scheme(scheme_id, arrangement_id), response)


def _balance(balance: Balance) -> owing.OwedBalance:
    return owing.OwedBalance(
        practice=balance.practice,
        payee=owing.OwingPayee(type=balance.payee.type, code=balance.payee.code),
        owed=format_pounds(-balance.amount),
        most_per_run=None if balance.most is None else format_pounds(balance.most),
    )


def _single(row: PaymentArrangement, response: Response) -> owing.Arrangement:
    response.headers["ETag"] = version_etag(row.version)
    return _arrangement(row)


def _arrangement(row: PaymentArrangement) -> owing.Arrangement:
    return owing.Arrangement(
        id=row.id,
        scheme=row.scheme_id,
        practice=row.practice,
        payee=owing.OwingPayee(type=row.payee_type, code=row.payee_code),  # pyright: ignore - the database checks it
        kind=ArrangementKind(row.kind),
        most_per_run=None if row.most_per_run is None else format_pounds(row.most_per_run),
        waived=None if row.waived is None else format_pounds(row.waived),
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        agreed_by=row.agreed_by,
        agreed_at=row.agreed_at,
    )
