"""From an answer on a link's page to the very use case that the API calls."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.communications.errors import AnswerIncomplete
from app.communications.rules.typed import Acceptance, IssueReply, Read, Refusal, SessionDays, day_field, read_answer
from app.communications.service.inbox import acknowledge_delivery
from app.communications.service.link_pages import DECISION_WORDS
from app.communications.values import Action, ActionKind, Answer, Settlement
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.principal import Principal
from app.core.repository import Expected
from app.core.wording import counted, day_text, pounds_words
from app.forums.service import respond
from app.forums.values import NewAnswer
from app.people.service import get_person
from app.schemes.errors import FactsRefused
from app.schemes.service import accept_offer, confirm_sessions, decline_offer, offer_in_words
from app.schemes.values import Signatory

# The page's own digest has settled already that nothing is another than what was read.
_WHATEVER: Final = Expected(None, required=False)


async def answer(session: Tx, caller: Principal, action: Action, given: Answer, *, now: datetime) -> Settlement:
    choice = (action.kind, given.choice)
    if choice == (ActionKind.ACKNOWLEDGE, "acknowledge"):
        await acknowledge_delivery(session, caller.require_person(), caller.credential_id, now=now)
        return Settlement("Thank you", "It is noted that you have read this.")
    if choice == (ActionKind.OFFER, "accept"):
        return await _accept(session, caller, action, given, now=now)
    if choice == (ActionKind.OFFER, "decline"):
        return await _decline(session, caller, action, given, now=now)
    if choice == (ActionKind.ISSUE, "answer"):
        return await _respond(session, caller, action, given, now=now)
    if choice == (ActionKind.SESSION, "confirm"):
        return await _confirm(session, caller, action, given, now=now)
    raise AnswerIncomplete(errors=[FieldError("choice", "unknown", "Press one of the buttons of the page.")])


async def _accept(session: Tx, caller: Principal, action: Action, given: Answer, *, now: datetime) -> Settlement:
    signatory = given.signatory.strip() or (await get_person(session, caller.require_person())).name
    signed = _read(Acceptance, replace(given, signatory=signatory))
    offer = await offer_in_words(session, action.id, today=london_date(now))
    await accept_offer(
        session,
        action.id,
        caller=caller,
        signatory=Signatory(signed.signatory, signed.capacity),
        named_lead=None,
        areas=(),
        words_digest=offer.words_digest or None,
        expected=_WHATEVER,
        now=now,
    )
    pounds = f" It is expected to earn {pounds_words(offer.earns.expected)} by it in all." if offer.earns else ""
    return Settlement("The offer is accepted", f"Your practice has accepted the offer of {offer.scheme_title}.{pounds}")


async def _decline(session: Tx, caller: Principal, action: Action, given: Answer, *, now: datetime) -> Settlement:
    refusal = _read(Refusal, given)
    await decline_offer(session, action.id, caller=caller, reason=refusal.reason, expected=_WHATEVER, now=now)
    return Settlement(
        "The offer is declined",
        "Your practice has declined the offer. Your commissioner reads the reason that you gave.",
    )


async def _respond(session: Tx, caller: Principal, action: Action, given: Answer, *, now: datetime) -> Settlement:
    reply = _read(IssueReply, given)
    (practice,) = caller.practices("issues:respond")
    new = NewAnswer(
        practice=practice,
        decision=reply.decision,
        text=reply.text,
        due_on=reply.due_on,
        may_be_named=given.may_be_named,
    )
    await respond(session, caller, action.id, new, expected=_WHATEVER, now=now)
    by = f", by {day_text(reply.due_on)}" if reply.due_on else ""
    said = f"Your practice has answered: {DECISION_WORDS[reply.decision]}{by}."
    return Settlement("The answer is sent", f"{said} Whoever raised the issue is told that there is an answer.")


async def _confirm(session: Tx, caller: Principal, action: Action, given: Answer, *, now: datetime) -> Settlement:
    typed = _read(SessionDays, given).days
    places = [place for place, day in enumerate(typed) if day is not None]
    days = [day for day in typed if day is not None]
    if not days:
        raise AnswerIncomplete(errors=[FieldError(day_field(0), "missing", "Write the day of the session.")])
    try:
        done = await confirm_sessions(
            session, action.id, days, caller=caller, external_id=f"link:{caller.credential_id}", now=now
        )
    except FactsRefused as refused:
        raise AnswerIncomplete(errors=[_of_day(each, places) for each in refused.errors]) from refused
    recorded = f"{counted(len(days), 'session')} of your practice: {', '.join(day_text(day) for day in done.days)}."
    pounds = f" Expected for it: {pounds_words(done.counts_for)}," if done.counts_for else " It is paid"
    return Settlement(
        "What was held is recorded", f"Recorded: {recorded}{pounds} once your commissioner's office has confirmed it."
    )


def _of_day(refused: FieldError, places: Sequence[int]) -> FieldError:
    """`/facts/1/on` is about the second day that was typed, wherever its field stands."""
    place = int(refused.pointer.split("/")[2])
    return FieldError(day_field(places[place]), refused.code, refused.detail)


def _read(kind: type[Read], given: Answer) -> Read:
    found = read_answer(kind, given)
    if isinstance(found, tuple):
        raise AnswerIncomplete(errors=found)
    return found
