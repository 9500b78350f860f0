"""What a change of practices would touch among schemes. It is told beforehand; nothing is written."""

from app.core.db import Tx
from app.core.wording import counted, day_text
from app.organisations.values import Effect, PracticeChangeRef
from app.schemes.repository.participation import count_touched


async def effects_of_practice_change(session: Tx, change: PracticeChangeRef) -> list[Effect]:
    """Offers that wait for an answer, agreements in force, facts dated on or after the day of the change, and claims that
    are under way.
    """
    found = await count_touched(session, change.practices, on=change.effective_on)
    day = day_text(change.effective_on)
    return [
        Effect("offers", found.offers, f"{counted(found.offers, 'offer')} would still wait for an answer on {day}."),
        Effect(
            "agreements",
            found.agreements,
            f"{counted(found.agreements, 'agreement')} would still be in force on {day}.",
        ),
        Effect("facts", found.facts, f"{counted(found.facts, 'fact')} dated {day} or later would be left behind."),
        Effect(
            "claims",
            found.claims,
            f"{counted(found.claims, 'claim')} would still be under way: have them decided, and paid by a run, before.",
        ),
    ]
