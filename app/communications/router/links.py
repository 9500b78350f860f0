"""HTML for people without a key: links in mails that ask for an answer, and links that stop mail.

What these routes do is done in units of work of their own, since the link names the commissioner and no credential does.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.responses import HTMLResponse

from app.communications import errors, service
from app.communications.router.root import router
from app.communications.rules import pages
from app.communications.rules.tokens import read_link
from app.communications.rules.typed import day_field
from app.communications.schemas import links as schemas
from app.communications.values import Answer, LinkClaim
from app.core.auth import public
from app.core.db import Actor, Tx, unit_of_work
from app.core.errors import DomainError
from app.core.http import Services, Serving
from app.core.problems import error_responses

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_DEAD = (errors.LinkUnknown, errors.LinkExpired, errors.LinkEnded, errors.LinkUsed, errors.LinkLocked)


@router.get(
    "/a/{token}",
    response_class=HTMLResponse,
    dependencies=[public("whoever has the mail has no key; the link's signature stands for one delivery")],
    responses=error_responses(*_DEAD),
)
async def open_action_link(token: str, serving: Serving, request: Request) -> HTMLResponse:
    """The page behind a link in a mail: what is asked, in words and pounds, and the buttons. Changes nothing."""
    try:
        claim = _claim(serving, token, "action-link")
        async with _within(serving, request, claim) as session:
            shown = await service.show_link(session, claim, now=serving.clock.now())
    except DomainError as error:
        return _refused(error)
    return _page(pages.thing_page(shown, typed={}))


@router.post(
    "/a/{token}",
    response_class=HTMLResponse,
    dependencies=[public("whoever has the mail has no key; the link's signature stands for one delivery")],
    responses=error_responses(*_DEAD, errors.LinkChanged, errors.AnswerIncomplete, errors.NameUnknown),
)
async def answer_action_link(
    token: str, form: Annotated[schemas.AnswerForm, Form()], serving: Serving, request: Request
) -> HTMLResponse:
    """Answer what the page asks, once, with the typed name of somebody who has a post there. The same form sent twice is
    one answer; when the thing has changed since the page was shown, the new text comes back and nothing is answered.
    """
    given = form.given()
    try:
        claim = _claim(serving, token, "action-link")
    except DomainError as error:
        return _refused(error)
    try:
        async with _within(serving, request, claim) as session:
            done = await service.use_link(session, claim, given, now=serving.clock.now())
    except errors.NameUnknown as error:
        if given.name.strip():
            async with _within(serving, request, claim) as session:
                await service.note_wrong_name(session, claim)
        return await _again(serving, request, claim, given, error)
    except (errors.LinkChanged, errors.AnswerIncomplete) as error:
        return await _again(serving, request, claim, given, error)
    except DomainError as error:
        return _refused(error)
    return _page(pages.settled_page(done))


@router.get(
    "/u/{token}",
    response_class=HTMLResponse,
    dependencies=[public("whoever has the mail has no key; the link's signature stands for one recipient and topic")],
    responses=error_responses(errors.LinkUnknown, errors.LinkExpired),
)
async def open_unsubscribe_link(token: str, serving: Serving, request: Request) -> HTMLResponse:
    """A page with one button, which turns off routine mail of the topic. Changes nothing."""
    try:
        claim = _claim(serving, token, "unsubscribe")
        async with _within(serving, request, claim) as session:
            subscription = await service.show_subscription(session, claim, now=serving.clock.now())
    except DomainError as error:
        return _refused(error)
    return _page(pages.subscription_page(subscription))


@router.post(
    "/u/{token}",
    response_class=HTMLResponse,
    dependencies=[public("whoever has the mail has no key; the link's signature stands for one recipient and topic")],
    responses=error_responses(errors.LinkUnknown, errors.LinkExpired, errors.NotOneClick),
)
async def stop_mail(
    token: str, form: Annotated[schemas.StopForm, Form()], serving: Serving, request: Request
) -> HTMLResponse:
    """Turn off routine mail of the topic at once (RFC 8058: the body is `List-Unsubscribe=One-Click`). A second time
    changes nothing.
    """
    try:
        claim = _claim(serving, token, "unsubscribe")
        if form.list_unsubscribe != "One-Click":
            raise errors.NotOneClick
        async with _within(serving, request, claim) as session:
            subscription = await service.stop_mail(session, claim, now=serving.clock.now())
    except DomainError as error:
        return _refused(error)
    return _page(pages.subscription_page(subscription))


async def _again(
    serving: Services, request: Request, claim: LinkClaim, given: Answer, error: DomainError
) -> HTMLResponse:
    """The page as it is now, with what was typed and what is wrong with it."""
    try:
        async with _within(serving, request, claim) as session:
            shown = await service.show_link(session, claim, now=serving.clock.now())
    except DomainError as other:
        return _refused(other)
    days = {day_field(place): day for place, day in enumerate(given.days)}
    typed: dict[str, Any] = asdict(given) | days | {f"{given.choice}-name": given.name}
    notice = f"{error.title} {error.hint}" if isinstance(error, errors.LinkChanged) else None
    wrong = [each for each in error.errors if each.pointer != "choice"]
    return _page(pages.thing_page(shown, typed=typed, errors=wrong, notice=notice), error.status)


def _claim(serving: Services, token: str, purpose: str) -> LinkClaim:
    claim = read_link(serving.secrets.derive_all(purpose), token)
    if claim is None:
        raise errors.LinkUnknown
    return claim


def _within(serving: Services, request: Request, claim: LinkClaim) -> AbstractAsyncContextManager[Tx]:
    state = request.state
    actor = Actor(request_id=state.request_id, correlation_id=state.correlation_id, via="link")
    return unit_of_work(serving.app_engine, claim.commissioner_id, actor=actor, after_commit=serving.waker.wake)


def _refused(error: DomainError) -> HTMLResponse:
    sentences = [part for part in (error.detail, error.hint) if part]
    return _page(pages.words_page(error.title, sentences or [_ASK]), error.status)


def error_page(error: DomainError, request_id: str) -> HTMLResponse:
    """What a browser is shown where a link's address ends in an error before, or outside, what its route does."""
    answer = _page(
        pages.trouble_page(error.status, wait=error.headers.get("Retry-After"), known_as=request_id), error.status
    )
    answer.headers.update(error.headers)
    return answer


_ASK = "Ask your commissioner's office what to do."


def _page(html: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(html, status, headers=dict(_HEADERS))
