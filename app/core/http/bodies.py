"""How large and how deep a body may be, found out before anything parses it."""

from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from app.core.auth import Scope
from app.core.errors import InvalidRequest, MalformedJson, TooDeep, TooLarge
from app.core.http.services import Services

MOST_DEPTH: Final = 40


async def check_body(request: Request, services: Services, scope: Scope) -> None:
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    limit = services.settings.upload_limit if scope.upload else services.settings.body_limit
    length = request.headers.get("content-length")
    if length is not None and length.isdigit() and int(length) > limit:
        raise TooLarge(f"The body may be at most {limit} bytes.")
    received, chunks = 0, []
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received > limit:
                raise TooLarge(f"The body may be at most {limit} bytes.")
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise InvalidRequest("The body ended early.") from error
    body = b"".join(chunks)
    request._body = body  # noqa: SLF001 - where Starlette itself keeps a body that was read  # pyright: ignore
    if "json" in request.headers.get("content-type", ""):
        _refuse_other_encodings(body)
        if _too_deep(body):
            raise TooDeep(f"The body may be nested at most {MOST_DEPTH} deep.")


async def posted_text(request: Request, member: str) -> str | None:
    """A member of the body's object, read by the parser that the route reads it with, so that the two never differ. None where
    there is no such text, of which the schema says what is wrong.
    """
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        # Where no JSON was said to come, nothing has looked at it yet.
        return None
    found = body.get(member) if isinstance(body, dict) else None
    return found if isinstance(found, str) else None


def _refuse_other_encodings(body: bytes) -> None:
    """Python's parser guesses UTF-16 and UTF-32 too, whose bytes say something else to whoever looks at them first."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise MalformedJson("JSON is sent as UTF-8 (RFC 8259).") from None
    if b"\0" in body:
        raise MalformedJson("JSON is sent as UTF-8 (RFC 8259), without NUL bytes.")


def _too_deep(body: bytes) -> bool:
    """Depth of brackets outside strings. Python's JSON parser answers very deep input with a RecursionError."""
    if body.count(b"[") + body.count(b"{") <= MOST_DEPTH:
        return False
    depth, in_string, escaped = 0, False, False
    for byte in body:
        if in_string:
            escaped, in_string = (byte == 0x5C and not escaped), (byte != 0x22 or escaped)
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            if depth > MOST_DEPTH:
                return True
        elif byte in b"]}":
            depth -= 1
    return False
