"""From what an editor says to who is looked up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from app.access.service import list_holders, list_holders_around
from app.access.values import Role
from app.communications.errors import AudienceUnknown
from app.communications.values import CLAIM_DUE, CLAIM_DUE_DAYS, Area, Audience, Meant, Sight
from app.core.changes import Marks, locality_marks, practice_marks
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden
from app.core.principal import Principal
from app.organisations.errors import LocalityNotFound, PracticeNotFound
from app.organisations.service import (
    get_localities,
    get_practices,
    practices_in_localities,
    practices_in_networks,
    reachable,
)
from app.people.service import places_of
from app.schemes.errors import SchemeNotFound
from app.schemes.service import get_scheme, practices_in_state, practices_with_claim_due
from app.schemes.values import ParticipationState

READ, WRITE, DELIVERIES = "announcements:read", "announcements:write", "deliveries:read"


async def area_of(session: Tx, caller: Principal, scope: str, *, now: datetime) -> Area | None:
    """The part of the commissioner for which the caller holds the scope; None: all of it."""
    reach = await reachable(session, caller, scope, on=london_date(now))
    if reach is None:
        return None
    return Area(frozenset(map(UUID, caller.localities(scope))), caller.practices(scope), reach)


async def sight_of(session: Tx, caller: Principal, *, now: datetime) -> Sight:
    """An announcement to places is on the intranet of those places; the commissioner's own intranet may show any."""
    is_office, is_whole = caller.has(DELIVERIES), caller.covers_commissioner(READ)
    return Sight(
        places=None if is_whole else await places_of(session, caller, READ, on=london_date(now)),
        person_id=caller.person_id,
        is_office=is_office,
        area=await area_of(session, caller, DELIVERIES, now=now) if is_office else None,
    )


async def changes_seen(session: Tx, caller: Principal, now: datetime) -> Marks | None:
    """Of which announcements the change feed tells the caller: of those the intranet shows them, those that went to their
    area as the office, and those that went to places of theirs, whoever there was meant.
    """
    sight = await sight_of(session, caller, now=now)
    if sight.is_office and sight.area is None:
        return None
    places = sight.places or await places_of(session, caller, READ, on=london_date(now))
    marks = set[str]()
    around = practice_marks(places.practices) | locality_marks(places.localities)
    marks |= {"everybody", *around} if sight.places else {"intranet"}
    if sight.area is not None:
        area = practice_marks(sight.area.reach) | locality_marks(sight.area.localities)
        marks |= {f"office:{place}" for place in area}
    if caller.person_id is not None and caller.has("inbox:own"):
        everywhere = sight.places is None or places.is_everywhere
        marks |= {"sent:anywhere"} if everywhere else {"sent", *(f"sent:{place}" for place in around)}
    return frozenset(marks)


def within_area(wanted: Audience, area: Area | None) -> Audience:
    """The audience as the area allows it: the area itself where no place is named. `Forbidden` when it names another."""
    if area is None:
        return wanted
    if wanted.networks is not None:
        raise Forbidden("Your role writes to its own localities and practices only; name the practices of a network.")
    if wanted.localities is None and wanted.practices is None:
        return replace(wanted, localities=tuple(sorted(area.localities)), practices=tuple(sorted(area.practices)))
    if not area.localities.issuperset(wanted.localities or ()) or not area.reach.issuperset(wanted.practices or ()):
        raise Forbidden("Your role writes to your own localities and practices only.")
    return wanted


async def check_audience(session: Tx, wanted: Audience, *, now: datetime) -> None:
    """`AudienceUnknown` where it names what is not here."""
    await _check_places(session, wanted.localities or (), wanted.practices or ())
    for code in wanted.networks or ():
        if not await practices_in_networks(session, [code], on=london_date(now)):
            raise _unknown("/audience/networks", "A network has no practice of this commissioner.")
    if wanted.scheme is not None:
        try:
            await get_scheme(session, wanted.scheme)
        except SchemeNotFound as error:
            raise _unknown("/audience/scheme", "The scheme is not known here.") from error


async def resolve_audience(session: Tx, wanted: Audience, *, now: datetime) -> Meant:
    """Whom it means today: asked again whenever something goes out.

    A scheme narrows the rest to its participants of today, so that localities become the codes of their practices.
    """
    people = wanted.people | await _holders(session, wanted, now=now)
    practices = await named_practices(session, wanted, now=now)
    if wanted.scheme is None:
        return Meant(wanted.roles, wanted.localities, practices, people)
    taking_part = await _taking_part(session, wanted.scheme, wanted, now=now)
    if wanted.localities is not None or practices is not None:
        around = await practices_in_localities(session, wanted.localities or (), on=london_date(now))
        named = {*(practices or ()), *around}
        taking_part = [code for code in taking_part if code in named]
    return Meant(wanted.roles, practices=tuple(taking_part), people=people)


async def named_practices(session: Tx, wanted: Audience, *, now: datetime) -> tuple[str, ...] | None:
    """Those that are named, and those of the networks that are; None where neither is."""
    if wanted.networks is None:
        return wanted.practices
    networked = await practices_in_networks(session, wanted.networks, on=london_date(now))
    return tuple(sorted({*(wanted.practices or ()), *networked}))


async def _taking_part(session: Tx, scheme: UUID, wanted: Audience, *, now: datetime) -> list[str]:
    if wanted.state == CLAIM_DUE:
        within = timedelta(days=CLAIM_DUE_DAYS if wanted.within_days is None else wanted.within_days)
        return await practices_with_claim_due(session, scheme, within=within, today=london_date(now))
    return await practices_in_state(session, scheme, ParticipationState(wanted.state or ParticipationState.ACCEPTED))


async def _holders(session: Tx, wanted: Audience, *, now: datetime) -> frozenset[UUID]:
    if not wanted.holders:
        return frozenset()
    roles = {Role(role) for role in wanted.holders}
    if wanted.around is None:
        return await list_holders(session, roles, now)
    return await list_holders_around(session, roles, wanted.around, now)


async def _check_places(session: Tx, localities: Sequence[UUID], practices: Sequence[str]) -> None:
    try:
        await get_localities(session, localities)
    except LocalityNotFound as error:
        raise _unknown(
            "/audience/localities", "A locality is not known here; `GET /v1/localities` has their ids."
        ) from error
    try:
        await get_practices(session, practices)
    except PracticeNotFound as error:
        raise _unknown("/audience/practices", error.detail or "A practice is not known here.") from error


def _unknown(pointer: str, detail: str) -> AudienceUnknown:
    return AudienceUnknown(errors=[FieldError(pointer, "unknown", detail)])
