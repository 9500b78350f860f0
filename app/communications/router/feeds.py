"""HTTP of feeds: reading one without a credential, and offering them."""

from collections.abc import Callable
from email.utils import format_datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.repository.feeds import FeedRepository
from app.communications.router.root import router
from app.communications.rules import feeding
from app.communications.schemas import feeds as feeds_schemas
from app.communications.tables import Feed
from app.communications.values import FeedAccess, FeedPage, FoundFeed
from app.core.auth import public, require
from app.core.db import Transaction, Tx
from app.core.errors import Forbidden, PreconditionFailed, PreconditionRequired
from app.core.etag import bytes_etag, digest_etag, version_etag
from app.core.http import MayMatch, MustMatch, Services, Serving, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations.errors import LocalityNotFound

Keeper = Annotated[Principal, require("feeds:write")]
Reader = Annotated[Principal, require("feeds:read")]

ATOM, RSS, JSON = "application/atom+xml", "application/rss+xml", "application/feed+json"
_FOR_ANYBODY: Final = "readers of feeds send no credential; what a feed is found by is its name or its secret"


def _answers(media_type: str) -> dict[int | str, dict[str, Any]]:
    """A feed, or nothing new, or no such feed."""
    schema = {"type": "object"} if media_type == JSON else {"type": "string"}
    feed = {"description": "The feed", "content": {media_type: {"schema": schema}}}
    return {200: feed, 304: {"description": "Nothing has changed"}} | error_responses(errors.FeedNotFound)


@router.get(
    "/v1/feeds/{name}.atom",
    dependencies=[public(_FOR_ANYBODY)],
    response_class=Response,
    responses=_answers(ATOM),
)
async def get_atom_feed(name: str, session: Transaction, serving: Serving, request: Request) -> Response:
    """A feed as Atom: the fifty latest changes. `name` is its name or, of a secret feed, its secret; no credential is sent.

    Ask again with `If-None-Match`: nothing new is a 304. What is withdrawn is no longer there.
    """
    return await _feed(session, serving, request, name, feeding.atom, f"{ATOM}; charset=utf-8")


@router.get(
    "/v1/feeds/{name}.rss",
    dependencies=[public(_FOR_ANYBODY)],
    response_class=Response,
    responses=_answers(RSS),
)
async def get_rss_feed(name: str, session: Transaction, serving: Serving, request: Request) -> Response:
    """The same feed as RSS 2.0."""
    return await _feed(session, serving, request, name, feeding.rss, f"{RSS}; charset=utf-8")


@router.get(
    "/v1/feeds/{name}.json",
    dependencies=[public(_FOR_ANYBODY)],
    response_class=Response,
    responses=_answers(JSON),
)
async def get_json_feed(name: str, session: Transaction, serving: Serving, request: Request) -> Response:
    """The same feed as JSON Feed 1.1, which a web page reads without more."""
    return await _feed(session, serving, request, name, feeding.json_feed, JSON)


async def _feed(
    session: Tx,
    serving: Services,
    request: Request,
    name: str,
    write: Callable[[FeedPage], bytes],
    media_type: str,
) -> Response:
    found = await service.find_feed(session, name)
    headers = _headers(found)
    asked = request.headers.get("if-none-match", "")
    # The tag's first half is known from this one look, so that most readers are answered by it; the second is of the
    # bytes, so that a change of something else in the office sends nobody the same feed again.
    fresh = digest_etag(*service.feed_freshness(found, epoch=serving.epoch, today=serving.today()), media_type).strip(
        '"'
    )
    if fresh in asked:
        return Response(status_code=304, headers=headers | {"ETag": f'"{_tag_in(asked, fresh)}"'})
    base = serving.settings.base_url
    own = base + request.url.path if found.access is FeedAccess.PUBLIC else None
    page = await service.read_feed(session, found, base_url=base, own_url=own, now=serving.clock.now())
    body = write(page)
    content = bytes_etag(body).strip('"')
    headers["ETag"] = f'"{fresh}.{content}"'
    if content in asked:
        return Response(status_code=304, headers=headers)
    headers["Last-Modified"] = format_datetime(page.updated_at.replace(microsecond=0), usegmt=True)
    return Response(body, media_type=media_type, headers=headers)


def _tag_in(asked: str, fresh: str) -> str:
    """The reader's own tag that begins so, as it was given."""
    return next(tag.strip(' "').removeprefix('W/"') for tag in asked.split(",") if fresh in tag)


def _headers(found: FoundFeed) -> dict[str, str]:
    """A page of any site may read what everybody may; a secret is in nobody's cache but the reader's own."""
    if found.access is FeedAccess.SECRET:
        return {"Cache-Control": "private, no-cache"}
    return {
        "Cache-Control": "public, max-age=300",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Last-Modified",
    }


@router.post(
    "/v1/feeds",
    status_code=201,
    responses=error_responses(errors.FeedNameTaken, Forbidden, LocalityNotFound),
)
async def create_feed(
    body: feeds_schemas.FeedIn, caller: Keeper, session: Transaction, serving: Serving, response: Response
) -> feeds_schemas.FeedWithSecret:
    """Offer a feed of what the intranet shows everybody: for everybody in the world by its name, or by a secret address.

    It has no drafts, nothing that was addressed to practices, no practice's own meetings, and of issues only what forums
    may show. Nobody has a feed before it is made here.
    """
    row, secret = await service.create_feed(session, caller, body.wanted(), now=serving.clock.now())
    response.headers["Location"] = f"/v1/feeds/{row.id}"
    return _with_secret(response, serving, row, secret)


@router.get("/v1/feeds")
async def list_feeds(
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> feeds_schemas.FeedList:
    """The feeds there are; who may not change them sees the public ones alone."""
    page = await FeedRepository(session, session.tenant).list_page(
        service.localities_of(caller), with_secret=service.keeps_feeds(caller), params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(lambda row: _shown(serving, row)))


@router.get("/v1/feeds/{feed_id}", responses=error_responses(errors.FeedNotFound))
async def get_feed(
    feed_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> feeds_schemas.Feed:
    """One of them, without its secret."""
    row = await FeedRepository(session, session.tenant).get_seen(
        feed_id, service.localities_of(caller), with_secret=service.keeps_feeds(caller)
    )
    return _tagged(response, serving, row)


@router.patch(
    "/v1/feeds/{feed_id}",
    responses=error_responses(
        errors.FeedNotFound, Forbidden, LocalityNotFound, PreconditionFailed, PreconditionRequired
    ),
)
async def change_feed(
    feed_id: UUID,
    body: feeds_schemas.FeedPatch,
    caller: Keeper,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> feeds_schemas.Feed:
    """Change its title or what it shows. Its address stays."""
    changes = body.model_dump(exclude_unset=True)
    row = await service.change_feed(session, caller, feed_id, changes, expected=expected, now=serving.clock.now())
    return _tagged(response, serving, row)


@router.post(
    "/v1/feeds/{feed_id}/rotate",
    responses=error_responses(errors.FeedNotFound, errors.FeedNotSecret, PreconditionFailed),
)
async def rotate_feed(
    feed_id: UUID, caller: Keeper, session: Transaction, serving: Serving, expected: MayMatch, response: Response
) -> feeds_schemas.FeedWithSecret:
    """Give a secret feed a new secret. The address with the one before is dead at once."""
    row, secret = await service.rotate_feed(session, caller, feed_id, expected=expected)
    return _with_secret(response, serving, row, secret)


@router.delete(
    "/v1/feeds/{feed_id}",
    status_code=204,
    responses=error_responses(errors.FeedNotFound, PreconditionFailed, PreconditionRequired),
)
async def delete_feed(feed_id: UUID, caller: Keeper, session: Transaction, expected: MustMatch) -> None:
    """Take it away: its address leads nowhere from now on."""
    await service.delete_feed(session, caller, feed_id, expected=expected)


def _tagged(response: Response, serving: Services, row: Feed) -> feeds_schemas.Feed:
    response.headers["ETag"] = version_etag(row.version)
    return _shown(serving, row)


def _with_secret(response: Response, serving: Services, row: Feed, secret: str | None) -> feeds_schemas.FeedWithSecret:
    return feeds_schemas.FeedWithSecret(**_tagged(response, serving, row).model_dump(), secret=secret)


def _shown(serving: Services, row: Feed) -> feeds_schemas.Feed:
    address = f"{serving.settings.base_url}/v1/feeds/{row.name}"
    urls = {"atom": f"{address}.atom", "rss": f"{address}.rss", "json_feed": f"{address}.json"} if row.name else None
    return feeds_schemas.Feed.model_validate(
        {name: getattr(row, name) for name in feeds_schemas.Feed.model_fields if name != "urls"} | {"urls": urls}
    )
