"""How a run's lines are booked, frozen when the run is worked out."""

from app.calculation.service import bookings, parse_definition
from app.calculation.values import Booking
from app.core.db import Tx
from app.payments.repository.bookings import BookingRepository
from app.payments.repository.frozen import PartRepository
from app.payments.rules.splitting import filled
from app.payments.service.terms import terms_of
from app.payments.tables import PaymentRun


async def book_run(session: Tx, run: PaymentRun) -> None:
    """As the definition says that pays the line's period; what it leaves out is the scheme's own.

    A component that the definition no longer has, whose money is taken back, is booked as it was posted last.
    """
    repository = BookingRepository(session, session.tenant)
    terms = await terms_of(session, run)
    own = Booking(terms.pay_code, terms.cost_centre)
    parts = await PartRepository(session, session.tenant).list_parts(run.id)
    said = {
        (part.period_from, component): filled(booking, own)
        for part in parts
        if part.definition is not None
        for component, booking in bookings(parse_definition(part.definition)).items()
    }
    lines = await repository.list_components(run.id)
    gone = [component for start, component in lines if (start, component) not in said]
    posted = await repository.list_last_posted(run.scheme_id, gone) if gone else {}
    await repository.add(run.id, {line: said.get(line) or posted.get(line) or own for line in lines})
