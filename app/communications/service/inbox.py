"""What a person does with their messages."""

from datetime import datetime
from typing import Final
from uuid import UUID

from app.communications.errors import MessageNotFound, MobileInvalid, MobileMissing, NothingToAcknowledge
from app.communications.repository import inbox as rows
from app.communications.rules.numbers import mobile_number
from app.communications.service.confirming import begin_confirming, go_on_confirming
from app.communications.service.must_read import record_acknowledgement
from app.communications.tables import Delivery, Message, MessagePreference
from app.communications.values import CHOSEN, Channel, Choice, Frequency, InboxItem, Topic, Via
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.etag import digest_etag
from app.core.repository import Expected
from app.core.secrets import SecretBox


def message_tag(item: InboxItem) -> str:
    """The ETag of one message: nothing of it changes but that it is acknowledged."""
    return digest_etag("message", str(item.id), item.acknowledged_at)


async def get_message(session: Tx, person_id: UUID, delivery_id: UUID) -> InboxItem:
    found = await rows.find_item(session, person_id, delivery_id)
    if found is None:
        raise MessageNotFound
    return rows.inbox_item(*found)


async def acknowledge(
    session: Tx, person_id: UUID, delivery_id: UUID, *, expected: Expected, now: datetime
) -> InboxItem:
    """Once; a second time changes nothing and keeps the first time."""
    # Locked against a second acknowledgement at the same time.
    found = await rows.find_item(session, person_id, delivery_id, for_update=True)
    if found is None:
        raise MessageNotFound
    delivery, message = found
    expected.check_tag(message_tag(rows.inbox_item(delivery, message)))
    await _acknowledge(session, delivery, message, person_id=person_id, via=Via.API, now=now)
    return rows.inbox_item(delivery, message)


async def acknowledge_delivery(session: Tx, person_id: UUID, delivery_id: UUID, *, now: datetime) -> None:
    """The same for whoever has the mail and no inbox: a practice's mailbox has none."""
    delivery, message = await rows.lock_delivery(session, delivery_id)
    await _acknowledge(session, delivery, message, person_id=person_id, via=Via.LINK, now=now)


async def _acknowledge(
    session: Tx, delivery: Delivery, message: Message, *, person_id: UUID, via: Via, now: datetime
) -> None:
    if message.must_acknowledge_by is None:
        raise NothingToAcknowledge
    if delivery.acknowledged_at is None:
        delivery.acknowledged_at = now
        audit(session, "message.acknowledged", delivery.id)
    await record_acknowledgement(session, delivery, message, person_id=person_id, via=via, now=now)


async def set_preferences(
    session: Tx, box: SecretBox, person_id: UUID, choice: Choice, *, expected: Expected, now: datetime
) -> MessagePreference:
    """What is not named keeps its setting. To a new number a code goes first."""
    row, is_new = await rows.lock_preference(session, person_id, now=now)
    if expected.is_given or not is_new:
        # Before anything was set, reading gives the tag of version 0.
        expected.check(0 if is_new else row.version)
    known = row.mobile
    change_preferences(row, choice, now=now)
    if row.mobile != known:
        row.confirmed_mobile = None
        await begin_confirming(session, box, row, now=now)
    elif choice.mobile:
        await go_on_confirming(session, box, row, now=now)
    return row


def change_preferences(row: MessagePreference, choice: Choice, *, now: datetime) -> None:
    """Of a row that is locked."""
    chosen = wanted_mail(row) | dict(choice.frequency)
    changes: dict[str, object] = {
        column: sorted(topic.value for topic, frequency in chosen.items() if frequency is wanted)
        for column, wanted in _COLUMNS.items()
    }
    mobile = _mobile(choice.mobile, row.mobile)
    # With the number go the topics that went to it.
    wanted = dict.fromkeys(row.texts if mobile else (), True) | dict(choice.texts)
    texts = sorted(Topic(topic).value for topic, is_wanted in wanted.items() if is_wanted)
    if texts and mobile is None:
        raise MobileMissing(
            errors=[
                FieldError("/channels", "no_number", "There is no `mobile` to send texts to: give it here as well.")
            ]
        )
    pushed = dict.fromkeys(row.pushes, True) | dict(choice.pushes)
    pushes = sorted(Topic(topic).value for topic, is_wanted in pushed.items() if is_wanted)
    changes |= {"mobile": mobile, "texts": texts, "pushes": pushes}
    if choice.quiet is not None:
        start, end = choice.quiet
        changes |= (
            {"quiet_from": None, "quiet_until": None} if start == end else {"quiet_from": start, "quiet_until": end}
        )
    if choice.digest_hour is not None:
        changes["digest_hour"] = choice.digest_hour
    if choice.digest_weekday is not None:
        changes["digest_weekday"] = choice.digest_weekday
    if any(getattr(row, name) != value for name, value in changes.items()):
        for name, value in changes.items():
            setattr(row, name, value)
        row.changed_at = now


def _mobile(given: str | None, known: str | None) -> str | None:
    """In its one form; None where there is none, or none any more."""
    if not given:
        return known if given is None else None
    number = mobile_number(given)
    if number is None:
        words = "Texts go to mobile numbers of the United Kingdom, such as 07700 900123 or +44 7700 900123."
        raise MobileInvalid(errors=[FieldError("/mobile", "invalid", words)])
    return number


_COLUMNS: Final = {"muted": Frequency.NEVER, "daily": Frequency.DAILY, "weekly": Frequency.WEEKLY}


def wanted_ways(row: MessagePreference | None) -> dict[Topic, list[Channel]]:
    """By which ways besides the inbox the person gets routine messages of each topic."""
    texts, pushes = (row.texts, row.pushes) if row else ((), ())
    return {
        topic: [
            *([Channel.EMAIL] if frequency is not Frequency.NEVER else []),
            *([Channel.TEXT] if topic in texts else []),
            *([Channel.PUSH] if topic in pushes else []),
        ]
        for topic, frequency in wanted_mail(row).items()
    }


def wanted_mail(row: MessagePreference | None) -> dict[Topic, Frequency]:
    """When the person wants routine mail of each topic."""
    found = dict.fromkeys(CHOSEN, Frequency.IMMEDIATE)
    for column, frequency in _COLUMNS.items():
        found |= {Topic(topic): frequency for topic in (getattr(row, column) if row else ())}
    return found
