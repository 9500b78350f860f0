"""HTTP of a person's messages and choices."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.repository import inbox
from app.communications.router.root import router
from app.communications.schemas import inbox as inbox_schemas
from app.communications.tables import MessagePreference
from app.communications.values import Frequency, InboxItem
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import DomainError, PreconditionFailed, PreconditionRequired, TooManyRequests
from app.core.etag import version_etag
from app.core.http import MayMatch, MustMatch, Serving, accepted, paged
from app.core.operations import Operation, operation_answer
from app.core.principal import Principal
from app.core.problems import error_responses, refusal

Person = Annotated[Principal, require("inbox:own")]


@router.get("/v1/me/inbox")
async def list_inbox(
    params: Annotated[inbox_schemas.InboxParams, Query()],
    caller: Person,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> inbox_schemas.InboxPage:
    """The caller's messages, newest first, whether they were mailed too or not."""
    person = caller.require_person()
    page = await inbox.list_inbox(
        session, person, to_acknowledge=params.to_acknowledge, params=params, cursors=serving.cursors
    )
    return paged(request, response, page)


@router.get("/v1/me/inbox/{message_id}", responses=error_responses(errors.MessageNotFound))
async def get_message(
    message_id: UUID, caller: Person, session: Transaction, response: Response
) -> inbox_schemas.InboxMessage:
    """One of the caller's messages."""
    return _message(response, await service.get_message(session, caller.require_person(), message_id))


@router.post(
    "/v1/me/inbox/{message_id}/acknowledge",
    responses=error_responses(errors.MessageNotFound, errors.NothingToAcknowledge, PreconditionFailed),
)
async def acknowledge_message(
    message_id: UUID, caller: Person, session: Transaction, serving: Serving, expected: MayMatch, response: Response
) -> inbox_schemas.InboxMessage:
    """Say that it was read. A second time changes nothing."""
    person, now = caller.require_person(), serving.clock.now()
    return _message(response, await service.acknowledge(session, person, message_id, expected=expected, now=now))


def _message(response: Response, item: InboxItem) -> inbox_schemas.InboxMessage:
    response.headers["ETag"] = service.message_tag(item)
    return inbox_schemas.InboxMessage.model_validate(item)


@router.get("/v1/me/preferences")
async def get_preferences(caller: Person, session: Transaction, response: Response) -> inbox_schemas.Preferences:
    """When the caller wants routine mail of which topic, and when not to be disturbed."""
    row = await inbox.find_preference(session, caller.require_person())
    return _preferences(row, response, can_text=await service.can_text(session))


@router.put(
    "/v1/me/preferences",
    responses=error_responses(errors.MobileInvalid, errors.MobileMissing, PreconditionFailed, PreconditionRequired),
)
async def set_preferences(
    body: inbox_schemas.PreferencesIn,
    caller: Person,
    expected: MustMatch,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> inbox_schemas.Preferences:
    """Choose when routine mail of a topic comes, and what comes by text too; what is not named stays as it is. If-Match after
    the first time. To a new `mobile` a code is texted, which `POST /v1/me/preferences/mobile-confirmation` takes.
    """
    person = caller.require_person()
    choice = body.changes(service.wanted_mail(await inbox.find_preference(session, person)))
    row = await service.set_preferences(
        session, serving.secrets, person, choice, expected=expected, now=serving.clock.now()
    )
    # The row's new version is only known once it has been written.
    await session.flush()
    return _preferences(row, response, can_text=await service.can_text(session))


@router.post(
    "/v1/me/preferences/mobile-code",
    status_code=202,
    responses=error_responses(
        errors.MobileUnknown,
        errors.MobileConfirmed,
        errors.MobileSuppressed,
        errors.NoTextsHere,
        errors.TooManyCodes,
        TooManyRequests,
    ),
)
async def request_mobile_code(caller: Person, session: Transaction, serving: Serving, response: Response) -> Operation:
    """Text another code to the caller's number that waits to be confirmed: once a minute at most and five times a day,
    counted for the person and for the number, and three times a day by the same person for the same number. The code before
    it is good no more.

    The operation's `result` tells what became of the text: `state` is `sent`, `failed_permanent`, `failed_temporary`,
    `in_doubt` or `not_tried`, and `detail` says why.
    """
    operation = await service.ask_for_code(session, serving.secrets, caller.require_person(), now=serving.clock.now())
    accepted(response, operation.id)
    return operation_answer(operation)


@router.post(
    "/v1/me/preferences/mobile-confirmation",
    responses=error_responses(
        errors.MobileUnknown, errors.CodeWrong, errors.CodeExpired, errors.CodeSpent, PreconditionFailed
    ),
    response_model=inbox_schemas.Preferences,
)
async def confirm_mobile(
    body: inbox_schemas.MobileCodeIn,
    caller: Person,
    expected: MayMatch,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> inbox_schemas.Preferences | Response:
    """Give the code that was texted to the caller's number, so that texts go there. A code is good for ten minutes and five
    tries. A number that is confirmed stays so, whatever is given.
    """
    found = await service.confirm_mobile(
        session, serving.secrets, caller.require_person(), body.code, expected=expected, now=serving.clock.now()
    )
    if isinstance(found, DomainError):
        return refusal(request, found)
    # The row's new version is only known once it has been written.
    await session.flush()
    return _preferences(found, response, can_text=await service.can_text(session))


def _preferences(row: MessagePreference | None, response: Response, *, can_text: bool) -> inbox_schemas.Preferences:
    response.headers["ETag"] = version_etag(row.version if row else 0)
    wanted = service.wanted_mail(row)
    quiet = None
    if row and row.quiet_from is not None:
        quiet = inbox_schemas.QuietHours.model_validate({"from": row.quiet_from, "until": row.quiet_until})
    return inbox_schemas.Preferences(
        email={topic: frequency is not Frequency.NEVER for topic, frequency in wanted.items()},  # pyright: ignore[reportArgumentType] - all but digests
        frequency=wanted,  # pyright: ignore[reportArgumentType] - all but digests
        channels=service.wanted_ways(row),  # pyright: ignore[reportArgumentType] - all but digests, and no inbox
        mobile=row.mobile if row else None,
        mobile_confirmed=row is not None and row.is_mobile_confirmed,
        can_text=can_text,
        quiet_hours=quiet,
        digest=inbox_schemas.DigestTime(hour=row.digest_hour if row else 7, weekday=row.digest_weekday if row else 1),
    )
