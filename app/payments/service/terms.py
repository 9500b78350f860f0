"""The terms by which a run is paid: those that its scheme had when the run was asked for."""

from app.core.db import Tx
from app.payments.tables import PaymentRun
from app.payments.values import RunTerms
from app.schemes import service as schemes


async def terms_of(session: Tx, run: PaymentRun) -> RunTerms:
    """A run that an older release wrote, while it served beside this one, took none along: it has the scheme's."""
    if run.scheme_code is not None and run.payment_terms_days is not None:
        return RunTerms(run.scheme_code, run.pay_code, run.cost_centre, run.payment_terms_days)
    scheme = await schemes.get_scheme(session, run.scheme_id)
    return RunTerms(scheme.code, scheme.pay_code, scheme.cost_centre, scheme.payment_terms_days)
