"""What a change of practices would touch of the money that has not left yet."""

from app.core.db import Tx
from app.core.money import format_pounds
from app.organisations.values import Effect, PracticeChangeRef
from app.payments.repository.ledger import LedgerRepository


async def effects_of_practice_change(session: Tx, change: PracticeChangeRef) -> list[Effect]:
    """Runs that are worked out pay as they stand, to the practice itself; what a practice owes stays with it."""
    ledger = LedgerRepository(session, session.tenant)
    count, total = await ledger.sum_open(change.practices)
    owing, owed = await ledger.sum_owed(change.practices)
    effects = []
    if count:
        pounds = format_pounds(total)
        sentence = f"{count} in runs that are not released yet, {pounds} in all: paid as worked out, or reject the run."
        effects.append(Effect("payments", count, sentence))
    if owing:
        pounds = format_pounds(-owed)
        sentence = f"{pounds} carried forward against later payments: it stays with the practice and is not moved."
        effects.append(Effect("carried_forward", owing, sentence))
    return effects
