"""HTTP of what a commissioner settles about its payments."""

from typing import Annotated

from fastapi import Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch, Serving
from app.core.money import format_pounds
from app.core.principal import Principal
from app.core.problems import error_responses
from app.payments import service
from app.payments.errors import SettledMeanwhile
from app.payments.repository.settings import SettingsRepository
from app.payments.router.root import router
from app.payments.schemas import settings
from app.payments.tables import PaymentSettings


@router.get("/v1/payment-settings")
async def get_payment_settings(
    caller: Annotated[Principal, require("runs:read")], session: Transaction, response: Response
) -> settings.PaymentSettings:
    """How many people approve a run of which amount. One person, while nothing is settled."""
    return _settings(await SettingsRepository(session, session.tenant).find(), response)


@router.put(
    "/v1/payment-settings", responses=error_responses(PreconditionFailed, PreconditionRequired, SettledMeanwhile)
)
async def put_payment_settings(
    body: settings.PaymentSettingsIn,
    caller: Annotated[Principal, require("payment_settings:write", money=True)],
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> settings.PaymentSettings:
    """Settle from which amount on a run needs two or more different people to approve it, before a further one releases it.

    It holds for runs that are worked out from then on. The audit log keeps who changed it, and to what.
    """
    row = await service.settle_approval(
        session, body.bands(), person=caller.require_person(), expected=expected, now=serving.clock.now()
    )
    return _settings(row, response)


def _settings(row: PaymentSettings | None, response: Response) -> settings.PaymentSettings:
    response.headers["ETag"] = version_etag(row.version if row else 0)
    bands = row.approval_bands if row else []
    return settings.PaymentSettings(
        approval_bands=[
            settings.ApprovalBandOut(at_least=format_pounds(band["start"]), approvers=band["approvers"])
            for band in bands
        ],
        changed_by=row.changed_by if row else None,
        changed_at=row.changed_at if row else None,
    )
