"""Who sees which meetings, and who may act for them."""

from datetime import date, datetime

from app.core.changes import Marks, locality_marks, practice_marks
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.principal import Principal
from app.meetings.tables import Meeting
from app.meetings.values import Level, Sight
from app.organisations import service as organisations
from app.people import service as people

WRITE = "meetings:write"
READ_LIST = "attendance:read"
# Whoever attends a meeting for a scheme is paid evidence: for those who answer for evidence in the whole commissioner.
EVIDENCE = "meetings:evidence"


async def sight_of(session: Tx, caller: Principal, *, today: date) -> Sight:
    """A practice's meetings are for that practice and for those who see all that concerns it; a locality's for whoever
    belongs to the locality. Those of the commissioner, of peer groups and of forums are for everybody.
    """
    practices = await organisations.reachable(session, caller, "meetings:all", on=today)
    if caller.covers_commissioner("meetings:read"):
        return Sight(practices, None)
    places = await people.places_of(session, caller, "meetings:read", on=today)
    return Sight(practices, None if places.is_everywhere else places.localities)


async def changes_seen(session: Tx, caller: Principal, now: datetime) -> Marks | None:
    """Of which meetings the change feed tells the caller: the same as they see."""
    sight = await sight_of(session, caller, today=london_date(now))
    if sight.practices is None and sight.localities is None:
        return None
    practices = frozenset({"practices"}) if sight.practices is None else practice_marks(sight.practices)
    localities = frozenset({"localities"}) if sight.localities is None else locality_marks(sight.localities)
    return practices | localities | {"open"}


def sees_joining(caller: Principal) -> bool:
    """How to join is for people who may come, not for a page that everybody in the building reads."""
    return caller.has("meetings:all") or caller.has("inbox:own")


def refuse_beyond_reach(caller: Principal, meeting: Meeting) -> None:
    if reason := _beyond_reach(caller, meeting):
        raise Forbidden(reason)


def _beyond_reach(caller: Principal, meeting: Meeting) -> str | None:
    """Whoever has a locality or a practice only may act for their own meetings, not for the commissioner's.

    A meeting for a scheme is the commissioner's evidence; a practice enters its own, for others to confirm.
    """
    is_own_practice = meeting.level == Level.PRACTICE and meeting.practice in caller.practices(WRITE)
    is_own_locality = meeting.level == Level.LOCALITY and str(meeting.locality_id) in caller.localities(WRITE)
    if not (caller.covers_commissioner(WRITE) or is_own_locality or is_own_practice):
        return "Your role plans meetings of your own locality or practice only."
    if meeting.scheme_id is None or caller.covers_commissioner(EVIDENCE):
        return None
    if is_own_practice and meeting.practice in caller.practices("facts:enter"):
        return None
    return "A meeting whose attendance is evidence for a scheme is for those who answer for its evidence."


async def listed_practices(session: Tx, caller: Principal, meeting: Meeting, *, today: date) -> frozenset[str] | None:
    """Whose people on the meeting's list the caller sees: of all practices (None) for whoever may write all of it."""
    if meeting.level != Level.PRACTICE and _beyond_reach(caller, meeting) is None:
        return None
    return await organisations.reachable(session, caller, READ_LIST, on=today)


def practice_of_list(caller: Principal, meeting: Meeting) -> str | None:
    """The practice of whose people alone the caller's list is; None where the list is the commissioner's or a locality's."""
    confirming = WRITE if meeting.scheme_id is None else EVIDENCE
    is_own = meeting.level == Level.PRACTICE and not caller.covers_commissioner(confirming)
    return meeting.practice if is_own else None
