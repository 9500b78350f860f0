"""Posts: given, corrected, confirmed and ended."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.clock import london_date
from app.core.db import Transaction, Tx
from app.core.errors import Forbidden, PreconditionFailed
from app.core.http import MayMatch, MustMatch, Serving, paged
from app.core.problems import error_responses
from app.core.repository import Expected
from app.people import errors, rules, schemas, service
from app.people.repository import (
    PostRepository,
)
from app.people.router.root import (
    MATCH_ERRORS,
    PLACE_ERRORS,
    PostKeeper,
    Reader,
    reach_of,
    router,
)
from app.people.tables import Person, Post
from app.people.values import TITLES, NewPost, PostLevel, PostRole, StaleReason


def _post(post: Post, person: Person, today: date) -> schemas.Post:
    role = PostRole(post.role)
    reason = _stale_reason(post, person, today)
    return schemas.Post(
        id=post.id,
        role=role,
        title=TITLES[role],
        level=PostLevel(post.level),
        practice=post.practice,
        locality_id=post.locality_id,
        person=schemas.PostHolder(id=person.id, name=person.name, email=person.email),
        **{"from": post.valid_from},
        until=post.valid_until,
        listed=post.listed,
        confirmed_on=post.confirmed_on,
        stale=reason is not None,
        stale_reason=reason,
    )


def _stale_reason(post: Post, person: Person, today: date) -> StaleReason | None:
    if post.valid_until is not None and post.valid_until <= today:
        return None
    return rules.stale_reason(confirmed_on=post.confirmed_on, bounced_at=person.bounced_at, today=today)


def _post_etag(post: Post, person: Person, today: date) -> str:
    """The answer shows the holder's name and whether the post is stale, so that its tag follows those too."""
    return f'"v{post.version}.{person.version}.{_stale_reason(post, person, today) or "fresh"}"'


@router.post(
    "/v1/posts",
    status_code=201,
    responses=error_responses(
        *PLACE_ERRORS,
        errors.PersonNotFound,
        errors.PersonErased,
        errors.FormerAddress,
        errors.OutsidePractice,
        errors.LeadOverlap,
        errors.PostOverlap,
    ),
)
async def create_post(
    body: schemas.PostIn, caller: PostKeeper, session: Transaction, serving: Serving, response: Response
) -> schemas.Post:
    """Give a person a post at a practice, in a locality, with the commissioner or with the LMC.

    A practice manager does so for their own practice, and for a new person or one who holds or held a post there. A
    `person` whose e-mail address is known is that person. A practice has one named lead at a time: end the present
    one's post first. A practice manager's `from` is at most 31 days ago; the commissioner may go further back.
    """
    now = serving.clock.now()
    today = london_date(now)
    wanted = NewPost(
        role=body.role,
        valid_from=body.from_ or today,
        valid_until=body.until,
        practice=body.practice,
        locality_id=body.locality_id,
        level=body.level,
        listed=body.listed,
    )
    named = (body.person.name, body.person.email) if body.person else None
    post, person = await service.add_post(session, caller, wanted, body.person_id, named, now=now)
    response.headers["Location"] = f"/v1/posts/{post.id}"
    response.headers["ETag"] = _post_etag(post, person, today)
    return _post(post, person, today)


@router.get("/v1/posts")
async def list_posts(
    params: Annotated[schemas.PostParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.PostPage:
    """Posts with their holders, newest first: held now or later unless you ask for ended ones or for a day."""
    today = serving.today()
    reach, wanted = await reach_of(session, caller, today), params.model_dump(exclude={"limit", "cursor", "count"})
    posts = PostRepository(session, session.tenant)
    page = await posts.list_visible(reach, wanted, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(lambda row: _post(row.Post, row.Person, today)))


@router.get("/v1/posts/{post_id}", responses=error_responses(errors.PostNotFound))
async def get_post(
    post_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> schemas.Post:
    """One post with its holder."""
    today = serving.today()
    reach = await reach_of(session, caller, today)
    post, person = await PostRepository(session, session.tenant).get_visible(post_id, reach)
    response.headers["ETag"] = _post_etag(post, person, today)
    return _post(post, person, today)


async def _locked(session: Tx, post_id: UUID, expected: Expected, today: date) -> tuple[Post, Person]:
    """The post and its holder, against a change by somebody else meanwhile."""
    post, person = await PostRepository(session, session.tenant).lock_with_person(post_id)
    expected.check_tag(_post_etag(post, person, today))
    return post, person


@router.patch(
    "/v1/posts/{post_id}",
    responses=error_responses(errors.PostNotFound, Forbidden, errors.LeadOverlap, errors.PostOverlap, *MATCH_ERRORS),
)
async def update_post(
    post_id: UUID,
    body: schemas.PostPatch,
    expected: MustMatch,
    caller: PostKeeper,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> schemas.Post:
    """Correct a post's period or whether it is listed. Whoever corrects a post confirms it.

    A practice manager adds no day that is more than 31 days ago; the commissioner may.
    """
    now = serving.clock.now()
    today = london_date(now)
    post, person = await _locked(session, post_id, expected, today)
    given = body.model_dump(exclude_unset=True)
    names = {"from_": "valid_from", "until": "valid_until", "listed": "listed"}
    await service.change_post(session, caller, post, {names[k]: v for k, v in given.items()}, now=now)
    # The version is raised by the flush, and the answer's tag shows it.
    await session.flush()
    response.headers["ETag"] = _post_etag(post, person, today)
    return _post(post, person, today)


@router.post(
    "/v1/posts/{post_id}/confirm",
    responses=error_responses(errors.PostNotFound, errors.PostEnded, Forbidden, PreconditionFailed),
)
async def confirm_post(
    post_id: UUID, expected: MayMatch, caller: PostKeeper, session: Transaction, serving: Serving, response: Response
) -> schemas.Post:
    """Say that the post is still held and its holder can be reached, so that it is not stale for another 180 days."""
    now = serving.clock.now()
    today = london_date(now)
    post, person = await _locked(session, post_id, expected, today)
    await service.confirm_post(session, caller, post, person, now=now)
    # The version is raised by the flush, and the answer's tag shows it.
    await session.flush()
    response.headers["ETag"] = _post_etag(post, person, today)
    return _post(post, person, today)


@router.delete(
    "/v1/posts/{post_id}",
    status_code=204,
    responses=error_responses(errors.PostNotFound, errors.PostEnded, Forbidden, *MATCH_ERRORS),
)
async def end_post(
    post_id: UUID, expected: MustMatch, caller: PostKeeper, session: Transaction, serving: Serving
) -> None:
    """End a post: today is the first day on which it is no longer held. One that has not begun disappears."""
    now = serving.clock.now()
    post, _ = await _locked(session, post_id, expected, london_date(now))
    await service.end_post(session, caller, post, now=now)
