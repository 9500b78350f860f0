"""Everything that can go wrong and is expected to: a status, a stable code and a title that a person can read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one place of the input: a JSON pointer into the body, or `?name` for a query parameter."""

    pointer: str
    code: str
    detail: str


class DomainError(Exception):
    """Base of all expected outcomes other than success.

    `constraints` names the database constraints whose violation means this error. `hint` says what to do, where the
    general advice for the status would not help.
    """

    status: int = 409
    code: str = "conflict"
    title: str = "The request conflicts with the current state."
    hint: ClassVar[str | None] = None
    constraints: tuple[str, ...] = ()
    default_headers: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = {**self.default_headers, **(headers or {})}


class Conflict(DomainError):
    pass


class NotFound(DomainError):
    status = 404
    code = "not_found"
    title = "There is nothing here, or it is not yours to see."


class Unauthenticated(DomainError):
    status = 401
    code = "access.unauthenticated"
    title = "A valid key or token is required."
    default_headers = {"WWW-Authenticate": "Bearer"}


class Forbidden(DomainError):
    status = 403
    code = "access.forbidden"
    title = "Your role does not allow this."


class PreconditionFailed(DomainError):
    status = 412
    code = "request.precondition_failed"
    title = "It has changed since you read it."


class NotThereYet(DomainError):
    status = 412
    code = "request.not_there_yet"
    title = "It does not exist yet, so no version of it can be named."
    hint = "Send the same request without `If-Match`, and it is made."


class PreconditionRequired(DomainError):
    status = 428
    code = "request.precondition_required"
    title = "Send If-Match with the ETag that you read."


class InvalidRequest(DomainError):
    status = 422
    code = "request.invalid"
    title = "The request is not valid."


class MalformedJson(DomainError):
    status = 422
    code = "request.malformed_json"
    title = "The body is not valid JSON."


class MalformedForm(DomainError):
    status = 422
    code = "request.malformed_form"
    title = "The form could not be read."


class TooDeep(DomainError):
    status = 422
    code = "request.too_deep"
    title = "The body is nested too deeply."


class TooLarge(DomainError):
    status = 413
    code = "request.too_large"
    title = "The request is too large."


class UnsupportedMedia(DomainError):
    status = 415
    code = "request.unsupported_media_type"
    title = "The content type is not one that this address takes."


class MethodNotAllowed(DomainError):
    status = 405
    code = "request.method_not_allowed"
    title = "This address does not take that method."


class TooManyRequests(DomainError):
    status = 429
    code = "request.too_many"
    title = "Too many requests; wait and try again."
    default_headers = {"Retry-After": "1"}


class Unavailable(DomainError):
    status = 503
    code = "service.unavailable"
    title = "Something that this needs is away; try again shortly."
    default_headers = {"Retry-After": "5"}


class Internal(DomainError):
    status = 500
    code = "service.internal"
    title = "Something went wrong on our side."


class CursorInvalid(DomainError):
    status = 422
    code = "cursor.invalid"
    title = "The cursor is not one of ours for this list; start again without a cursor."
    hint = "Ask without `cursor`. A cursor is good for the list that gave it, and for no other."


class CursorExpired(DomainError):
    status = 410
    code = "cursor.expired"
    title = "The cursor is too old; start again from the beginning."


class IdempotencyKeyReused(DomainError):
    status = 422
    code = "idempotency.key_reused"
    title = "This Idempotency-Key was used with another request."


class IdempotencyInProgress(DomainError):
    status = 409
    code = "idempotency.in_progress"
    title = "The first request with this Idempotency-Key is still running."
    hint = "Wait as long as `Retry-After` says, then send the same again: the answer will be that of the first."
    default_headers = {"Retry-After": "1"}


class IdempotencyKeyInvalid(DomainError):
    status = 422
    code = "idempotency.key_invalid"
    title = "The Idempotency-Key is not usable."


def _descendants(parent: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _descendants(child)


def find_error(code: str) -> type[DomainError] | None:
    """The most general class that answers with this code."""
    return next((error for error in _descendants(DomainError) if error.code == code), None)


def constraint_errors() -> dict[str, type[DomainError]]:
    """Which error each named database constraint stands for."""
    found: dict[str, type[DomainError]] = {}
    for error in _descendants(DomainError):
        # Only what a class states itself: a more special error must not take over its parent's constraints.
        for name in error.__dict__.get("constraints", ()):
            if found.setdefault(name, error) is not error:
                raise ValueError(f"The constraint {name} is claimed by {found[name].__name__} and {error.__name__}.")
    return found
