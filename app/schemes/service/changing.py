"""What a change of practices would touch among schemes. It is told beforehand; nothing is written."""

from app.core.db import Tx
from app.organisations.values import Effect, PracticeChangeRef
from app.schemes.repository import count_touched


async def effects_of_practice_change(session: Tx, change: PracticeChangeRef) -> list[Effect]:
    """Offers that wait for an answer, agreements in force, and facts dated on or after the day of the change."""
    found = await count_touched(session, change.practices, on=change.effective_on)
    day = f"{change.effective_on:%-d %B %Y}"
    return [
        Effect("offers", found.offers, f"{_many(found.offers, 'offer')} would still wait for an answer on {day}."),
        Effect(
            "agreements", found.agreements, f"{_many(found.agreements, 'agreement')} would still be in force on {day}."
        ),
        Effect("facts", found.facts, f"{_many(found.facts, 'fact')} dated {day} or later would be left behind."),
    ]


def _many(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
