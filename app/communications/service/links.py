"""Links in mails: who may still use one, what its page shows, and the one answer that it is good for."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from app.communications.errors import (
    LinkChanged,
    LinkEnded,
    LinkExpired,
    LinkLocked,
    LinkUnknown,
    LinkUsed,
    NameUnknown,
)
from app.communications.events import ActionLinkLocked
from app.communications.repository import links as rows
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.repository.inbox import find_preference
from app.communications.service.audiences import resolve_audience
from app.communications.service.letters import recipients
from app.communications.service.link_answers import answer
from app.communications.service.link_pages import describe
from app.communications.tables import ActionLinkUse, Delivery, Message
from app.communications.values import (
    MOST_WRONG_NAMES,
    Action,
    ActionKind,
    Answer,
    Audience,
    Channel,
    DeliveryState,
    LinkClaim,
    Settlement,
    Shown,
)
from app.core.addresses import address_key
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.core.principal import Grant, Principal
from app.organisations import service as organisations
from app.people import service as people
from app.people.values import Among

# What an answer by link needs of the API's own rules, whatever post the person holds: nothing that declares, vets,
# approves, releases or says who is paid.
LINK_SCOPES: Final = frozenset(
    ("offers:answer", "facts:enter", "issues:read", "issues:all", "issues:respond", "practice:own", "inbox:own")
)
# Nothing that was never to arrive is answered; a mail in doubt may well have arrived.
_NOT_SENT: Final = frozenset((DeliveryState.SUPPRESSED.value, DeliveryState.FAILED.value, "withdrawn"))


@dataclass(frozen=True, slots=True)
class LiveLink:
    """A link that may be used: for what, by whom, and at which practice. `person_id` None: by whoever has a post there."""

    delivery_id: UUID
    message_id: UUID
    action: Action
    practice: str | None
    person_id: UUID | None


async def show_link(session: Tx, claim: LinkClaim, *, now: datetime) -> Shown:
    """The thing as it is now. Reading it changes nothing, however often and by whom it is read."""
    link = await _live(session, claim, now=now)
    _refuse_spent(await rows.find_use(session, link.delivery_id))
    return await _shown(session, link, now=now)


async def use_link(session: Tx, claim: LinkClaim, given: Answer, *, now: datetime) -> Settlement:
    """Do what was answered, once, as the person whose name was typed."""
    link = await _live(session, claim, now=now)
    # Locked, so that of the same form sent twice at a time the second finds what the first has done.
    use = await rows.lock_use(session, link.delivery_id)
    if use.wrong_names >= MOST_WRONG_NAMES:
        raise LinkLocked
    if use.used_at is not None:
        # Whatever name is typed by now: an answer that has been given is no place to guess at one.
        if use.submission != _submission(given, use.person_id):
            _refuse_spent(use)
        return _outcome(use)
    person = await _who(session, link, given, now=now)
    shown = await _shown(session, link, now=now)
    if given.digest != shown.digest:
        raise LinkChanged
    session.pending.actor = replace(session.pending.actor, person_id=person, via="link")
    done = await answer(session, await _caller(session, link, person), link.action, given, now=now)
    audit(session, "action_link.used", link.delivery_id, kind=link.action.kind.value, practice=link.practice)
    use.used_at, use.person_id, use.submission = now, person, _submission(given, person)
    use.outcome = msgspec.json.encode(done).decode()
    return done


async def note_wrong_name(session: Tx, claim: LinkClaim) -> None:
    """A name was typed that nobody there has. After ten the link is dead, and the office learns of it."""
    use = await rows.lock_use(session, claim.delivery_id)
    use.wrong_names += 1
    if use.wrong_names == MOST_WRONG_NAMES:
        audit(session, "action_link.locked", claim.delivery_id)
        emit(session, ActionLinkLocked(subject=str(claim.delivery_id)))


async def _live(session: Tx, claim: LinkClaim, *, now: datetime) -> LiveLink:
    if claim.expires_at <= now:
        raise LinkExpired
    found = await rows.find_delivery(session, claim.delivery_id)
    if found is None:
        raise LinkUnknown
    delivery, message = found
    if message.action is None:
        raise LinkUnknown
    link = LiveLink(
        delivery.id, message.id, Action.of_json(message.action), message.practice or delivery.practice,
        delivery.person_id,
    )  # fmt: skip
    if delivery.state in _NOT_SENT or not await _is_current(session, link, delivery, now=now):
        raise LinkEnded
    if link.action.kind is ActionKind.ACKNOWLEDGE and not await _is_meant(session, link, delivery, message, now=now):
        raise LinkEnded
    return link


async def _is_current(session: Tx, link: LiveLink, delivery: Delivery, *, now: datetime) -> bool:
    """Whether it would reach the same reader today: the post is held, the address or number is theirs, the practice is
    there.
    """
    today, address = london_date(now), delivery.address
    if address is None:
        return False
    if link.practice is not None and link.practice not in await organisations.list_member_codes(session, on=today):
        return False
    if (
        link.practice is not None
        and await organisations.last_successor(session, link.practice, on=today) != link.practice
    ):
        return False
    if link.person_id is None:
        known = await people.mailbox_of(session, link.practice) if link.practice else None
    else:
        known = await _address_of(session, link.person_id, delivery.channel)
        if not await people.holds_post(session, link.person_id, link.practice, on=today):
            return False
    return known is not None and address_key(known) == address_key(address)


async def _address_of(session: Tx, person_id: UUID, channel: str) -> str | None:
    if channel == Channel.TEXT:
        preference = await find_preference(session, person_id)
        return preference.mobile if preference and preference.is_mobile_confirmed else None
    if channel == Channel.PUSH:
        # To whichever browsers the person has.
        return str(person_id)
    return (await people.get_person(session, person_id)).email


async def _is_meant(session: Tx, link: LiveLink, delivery: Delivery, message: Message, *, now: datetime) -> bool:
    """Whether the announcement would be for the same reader today: by the posts that it is for, or that are asked in their
    place.
    """
    if message.audience is None:
        return False
    announced = await AnnouncementRepository(session, session.tenant).get(UUID(message.source_id))
    asked, audience = Audience.of_json(message.audience), Audience.of_json(announced.audience)
    if not asked.people:
        audience = replace(audience, roles=asked.roles)
    only = Among(
        frozenset({link.person_id} if link.person_id else ()),
        frozenset({link.practice} if link.practice and not link.person_id else ()),
    )
    meant = await resolve_audience(session, audience, now=now)
    still = recipients(session.tenant, meant, now=now, only=only)
    return await rows.is_among(session, still, delivery.recipient, link.practice)


def _refuse_spent(use: ActionLinkUse | None) -> None:
    if use is None:
        return
    if use.used_at is not None:
        raise LinkUsed(_outcome(use).sentence)
    if use.wrong_names >= MOST_WRONG_NAMES:
        raise LinkLocked


def _outcome(use: ActionLinkUse) -> Settlement:
    """What the one answer did."""
    return msgspec.json.decode(use.outcome or "", type=Settlement)


def _submission(given: Answer, person: UUID | None) -> str:
    """By which the same form is known again."""
    return _digest(asdict(given) | {"person": str(person)})


async def _who(session: Tx, link: LiveLink, given: Answer, *, now: datetime) -> UUID:
    """Who answers. A personal mail is answered by that very person; of two with one name nobody is guessed."""
    typed = given.name.strip()
    found: UUID | None = None
    if typed and link.person_id is not None:
        person = await people.get_person(session, link.person_id)
        found = person.id if people.name_key(person.name) == people.name_key(typed) else None
    elif typed and link.practice is not None:
        line = (link.practice, typed)
        found = (await people.find_members_by_name(session, [line], on=london_date(now))).get(line)
    if found is not None:
        return found
    field = f"{given.choice}-name"
    if not typed:
        raise NameUnknown(errors=[FieldError(field, "missing", "Type your name.")])
    whose = "whom this mail was sent to" if link.person_id else "exactly one person with a post at this practice today"
    raise NameUnknown(errors=[FieldError(field, "unknown", f"Type the whole name of {whose}, first name first.")])


async def _shown(session: Tx, link: LiveLink, *, now: datetime) -> Shown:
    practice = await organisations.get_practice(session, link.practice) if link.practice else None
    commissioner = await organisations.get_commissioner(session)
    shown = await describe(session, link.action, link.message_id, link.practice, person_id=link.person_id, now=now)
    shown = replace(
        shown,
        commissioner=commissioner.name,
        practice=link.practice,
        practice_name=practice.name if practice else None,
    )
    return replace(shown, digest=_digest(asdict(shown)))


async def _caller(session: Tx, link: LiveLink, person: UUID) -> Principal:
    """The person as the API's own rules want a caller: within that practice, and for nothing that moves money."""
    commissioner = await organisations.get_commissioner(session)
    boundary, boundary_id = ("practice", link.practice) if link.practice else ("self", None)
    return Principal(
        commissioner_id=session.tenant,
        commissioner_code=commissioner.code,
        credential_id=link.delivery_id,
        # Signed by us and carried by whoever has the mail, as a token is.
        credential_kind="token",
        name="Link in a mail",
        person_id=person,
        grants=(Grant("link", boundary, boundary_id, LINK_SCOPES),),
    )


def _digest(said: Mapping[str, object]) -> str:
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()
