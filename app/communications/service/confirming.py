"""Whose a mobile number is: a code is texted to it, and whoever can say the code has the telephone."""

import math
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.communications.errors import (
    CodeExpired,
    CodeSpent,
    CodeWrong,
    MobileConfirmed,
    MobileSuppressed,
    MobileUnknown,
    NoRoomYet,
    NoTextsHere,
    TooManyCodes,
)
from app.communications.events import MobileCodeRequested
from app.communications.ports import Outcome, Outgoing
from app.communications.repository import codes as rows
from app.communications.repository.allowances import drop_full_allowances, take_allowances
from app.communications.repository.channels import ProviderRepository
from app.communications.repository.inbox import find_preference
from app.communications.rules.allowance import JointGrant, Limits
from app.communications.rules.codes import PURPOSE, bucket_key, code_of, code_text, is_code_of
from app.communications.service.breaking import tell_of_fault
from app.communications.service.carrying import can_text, find_way
from app.communications.service.suppressing import suppressed_among
from app.communications.service.trials import Trial, begin_once, finish, record_provider_test
from app.communications.tables import MessagePreference, MobileCode
from app.communications.values import (
    CODE_LIFE,
    MOST_WRONG_CODES,
    NOTHING_IS_SENT,
    AskedCode,
    Channel,
    ProviderKind,
    Tested,
)
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import DomainError, FieldError
from app.core.events import emit
from app.core.operations import OperationRow, start_operation
from app.core.repository import Expected
from app.core.secrets import SecretBox
from app.organisations import service as organisations

# Of a person, whatever the number, and of a number, whoever asks and at whichever commissioner: nobody's telephone rings
# more often than that.
CODE_LIMITS: Final = Limits(per_minute=1, per_day=5)
# Of a person for one number: nobody uses up the day of a number that is another's.
SAME_LIMITS: Final = Limits(per_day=3)
_LEAST_LEFT: Final = timedelta(minutes=2)
# How long a full minute of the provider's makes a text wait; a full day is not waited for.
_SHORT: Final = timedelta(minutes=1)


async def begin_confirming(session: Tx, box: SecretBox, row: MessagePreference, *, now: datetime) -> None:
    """After the number was set or changed. A code that was on its way to another is good no more; where none may go to
    this one now, it waits to be asked for.
    """
    await rows.forget_code(session, row.person_id)
    if row.mobile is None or not await can_text(session) or await suppressed_among(session, [row.mobile]):
        return
    if (await _take(session, box, row.person_id, row.mobile)).messages:
        await _request(session, row.person_id, now=now)


async def go_on_confirming(session: Tx, box: SecretBox, row: MessagePreference, *, now: datetime) -> None:
    """After the same number was given again. Where none could go to it before, a code goes now."""
    asked = await rows.find_code(session, row.person_id)
    if not row.is_mobile_confirmed and (asked is None or asked.asked_at + CODE_LIFE <= now):
        await begin_confirming(session, box, row, now=now)


async def ask_for_code(session: Tx, box: SecretBox, person_id: UUID, *, now: datetime) -> OperationRow:
    """Another code to the number that waits to be confirmed; the one before it is good no more."""
    # Locked against a change of the number, whose own code would be taken back by this one.
    row = await find_preference(session, person_id, for_update=True)
    if row is None or row.mobile is None:
        raise MobileUnknown
    if row.is_mobile_confirmed:
        raise MobileConfirmed
    if not await can_text(session):
        raise NoTextsHere
    if await suppressed_among(session, [row.mobile]):
        raise MobileSuppressed
    grant = await _take(session, box, person_id, row.mobile)
    if not grant.messages:
        raise TooManyCodes(headers={"Retry-After": str(max(1, math.ceil(grant.wait.total_seconds())))})
    return await _request(session, person_id, now=now)


async def _take(session: Tx, box: SecretBox, person_id: UUID, mobile: str) -> JointGrant:
    key = box.derive(PURPOSE)
    whose = (str(session.tenant), str(person_id))
    mine, its = bucket_key(key, "person", *whose), bucket_key(key, "number", mobile)
    limits = [(mine, CODE_LIMITS), (its, CODE_LIMITS), (bucket_key(key, "same", *whose, mobile), SAME_LIMITS)]
    return await take_allowances(session, limits, wanted=1)


async def _request(session: Tx, person_id: UUID, *, now: datetime) -> OperationRow:
    operation = await start_operation(session, "communications.mobile_code", result={"channel": Channel.TEXT.value})
    await rows.replace_code(session, person_id, operation.id, now=now)
    emit(session, MobileCodeRequested(subject=str(person_id), operation=str(operation.id)))
    audit(session, "mobile.code_requested", person_id)
    return operation


async def confirm_mobile(
    session: Tx, box: SecretBox, person_id: UUID, given: str, *, expected: Expected, now: datetime
) -> MessagePreference | DomainError:
    """Once; a second time changes nothing. A wrong code counts, so its refusal is returned and not raised."""
    # Locked against another try at the same time, and against a change of the number.
    row = await find_preference(session, person_id, for_update=True)
    expected.check(row.version if row else 0)
    if row is None or row.mobile is None:
        raise MobileUnknown
    if row.is_mobile_confirmed:
        return row
    asked = await rows.find_code(session, person_id)
    if asked is None or asked.asked_at + CODE_LIFE <= now:
        raise CodeExpired
    if asked.wrong_codes >= MOST_WRONG_CODES:
        raise CodeSpent
    if not is_code_of(box.derive_all(PURPOSE), _asked(asked, row.mobile), given):
        return _count_wrong(session, asked)
    row.confirmed_mobile, row.changed_at = row.mobile, now
    await rows.forget_code(session, person_id)
    audit(session, "mobile.confirmed", person_id)
    return row


def _asked(row: MobileCode, mobile: str) -> AskedCode:
    return AskedCode(row.commissioner_id, row.person_id, mobile, row.operation_id)


def _count_wrong(session: Tx, asked: MobileCode) -> DomainError:
    asked.wrong_codes += 1
    left = MOST_WRONG_CODES - asked.wrong_codes
    if not left:
        audit(session, "mobile.code_spent", asked.person_id)
        return CodeSpent()
    tries = "1 try is" if left == 1 else f"{left} tries are"
    words = f"Look at the last text from your commissioner and type its six digits; {tries} left for this code."
    return CodeWrong(errors=[FieldError("/code", "wrong", words)])


async def take_mobile_code(
    session: Tx, box: SecretBox, person_id: UUID, operation: UUID, *, domain: str, may_wait: bool, now: datetime
) -> Trial | None:
    """The text to be handed over now; None when there is nothing, and the operation says why. Taken once: a code whose
    worker died in the middle is asked for again. `may_wait`: for a place among others' texts, by `NoRoomYet`.
    """
    if not await begin_once(session, operation):
        return None
    row, asked = await find_preference(session, person_id), await rows.find_code(session, person_id)
    mobile = row.mobile if row and not row.is_mobile_confirmed else None
    if mobile is None or asked is None or asked.operation_id != operation:
        return await _not_tried(
            session, operation, "the number was confirmed or changed, or another code was asked for"
        )
    left = asked.asked_at + CODE_LIFE - now
    if left < _LEAST_LEFT:
        return await _not_tried(session, operation, "it was too late for the code")
    if await suppressed_among(session, [mobile]):
        return await _not_tried(session, operation, NOTHING_IS_SENT)
    way = await find_way(session, box, Channel.TEXT, mail_rate=None)
    if way is None:
        return await _not_tried(session, operation, "no text messages are set up")
    grant = await take_allowances(session, way.allowances, wanted=1)
    if not grant.messages:
        if may_wait and grant.wait <= _SHORT:
            raise NoRoomYet
        waits = f"the commissioner's limits leave room again in {max(1, round(grant.wait.total_seconds()))} seconds"
        return await _not_tried(session, operation, waits)
    code = code_of(box.derive(PURPOSE), _asked(asked, mobile))
    office = (await organisations.get_commissioner(session)).name
    message = Outgoing(
        delivery_id=operation,
        message_id=f"<{operation}@{domain}>",
        to=mobile,
        to_name=None,
        subject="",
        text=code_text(code, office, minutes=left // timedelta(minutes=1)),
    )
    return Trial(operation, way, message)


async def _not_tried(session: Tx, operation: UUID, why: str) -> None:
    await finish(session, operation, Tested("not_tried", why))


async def record_mobile_code(session: Tx, trial: Trial, outcome: Outcome, *, took: float, now: datetime) -> None:
    """What the provider refuses us for is the office's to put right, so it is told, and not the person alone."""
    await record_provider_test(session, trial, outcome, took=took, now=now)
    if outcome.is_fault:
        repository, said = ProviderRepository(session, session.tenant), outcome.detail or ""
        if await repository.record_fault(ProviderKind.NOTIFY, said, at=now):
            await tell_of_fault(session, ProviderKind.NOTIFY, said, now=now)


async def drop_old_allowances(session: Tx) -> None:
    """Of codes there is a row for each person and number, and most are never looked at again."""
    await drop_full_allowances(session, "code:")
