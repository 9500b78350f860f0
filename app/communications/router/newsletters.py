"""HTTP of newsletters: make one, look at it, send it, and read those that were sent."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.repository.newsletters import EditionRepository, NewsletterRepository
from app.communications.router.root import router
from app.communications.schemas import newsletters as schemas
from app.communications.schemas.announcements import Counts
from app.communications.tables import Newsletter
from app.communications.values import NO_COUNTS, EditionState, NewsletterSight
from app.communications.values import Counts as CountsFound
from app.core.auth import require
from app.core.db import Transaction, Tx
from app.core.errors import Forbidden, PreconditionFailed, PreconditionRequired
from app.core.etag import digest_etag
from app.core.http import MayMatch, MustMatch, Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations.errors import LocalityNotFound

Reader = Annotated[Principal, require("announcements:read")]
Editor = Annotated[Principal, require("announcements:write")]
_CHANGES = (errors.NewsletterNotFound, errors.NewsletterNotDraft, PreconditionFailed, PreconditionRequired)
_TEXTS = {media: {"schema": {"type": "string"}} for media in ("text/html", "text/plain")}


@router.post(
    "/v1/newsletters",
    status_code=201,
    responses=error_responses(errors.ItemUnknown, Forbidden, LocalityNotFound),
)
async def draft_newsletter(
    body: schemas.NewsletterIn, caller: Editor, session: Transaction, serving: Serving, response: Response
) -> schemas.Newsletter:
    """Draft a newsletter from what is on the intranet: announcements, meetings to come, issues that were answered.

    Each locality's edition has what is for everybody and what is the locality's own; who is in none of them gets the
    commissioner's. Nothing is sent before it is scheduled.
    """
    row = await service.draft_newsletter(session, caller, body.wanted(), now=serving.clock.now())
    response.headers["Location"] = f"/v1/newsletters/{row.id}"
    return await _shown(session, caller, serving, row, response)


@router.get("/v1/newsletters")
async def list_newsletters(
    params: Annotated[schemas.NewsletterParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.NewsletterPage:
    """Newsletters, the newest first: those that were sent and are on the intranet; an editor sees drafts as well."""
    sight = await service.newsletter_sight(session, caller, now=serving.clock.now())
    page = await NewsletterRepository(session, session.tenant).list_page(
        sight, state=params.state, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(lambda row: schemas.NewsletterSummary(**_members(row))))


@router.get("/v1/newsletters/{newsletter_id}", responses=error_responses(errors.NewsletterNotFound))
async def get_newsletter(
    newsletter_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> schemas.Newsletter:
    """One newsletter with its items and editions: for a reader those of their places and of everybody's.

    Whoever writes an edition is also told what has become of it.
    """
    sight = await service.newsletter_sight(session, caller, now=serving.clock.now())
    row = await NewsletterRepository(session, session.tenant).get_seen(newsletter_id, sight)
    return await _shown(session, caller, serving, row, response)


@router.get(
    "/v1/newsletters/{newsletter_id}/editions/{edition_id}", responses=error_responses(errors.NewsletterNotFound)
)
async def get_edition(
    newsletter_id: UUID, edition_id: UUID, caller: Reader, session: Transaction, serving: Serving
) -> schemas.EditionText:
    """An edition as it was sent."""
    sight = await service.newsletter_sight(session, caller, now=serving.clock.now())
    row = await NewsletterRepository(session, session.tenant).get_seen(newsletter_id, sight)
    edition = await EditionRepository(session, session.tenant).get_of(newsletter_id, edition_id, sight.editions)
    return schemas.EditionText(
        id=edition.id,
        title=row.title,
        locality_id=edition.locality_id,
        body_html=edition.body_html,
        body_text=edition.body_text,
        sent_at=edition.sent_at,
    )


@router.patch("/v1/newsletters/{newsletter_id}", responses=error_responses(*_CHANGES))
async def change_newsletter(
    newsletter_id: UUID,
    body: schemas.NewsletterPatch,
    caller: Editor,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> schemas.Newsletter:
    """Change the words of a draft."""
    changes = body.model_dump(exclude_unset=True)
    row = await service.change_newsletter(session, caller, newsletter_id, changes, expected=expected)
    return await _shown(session, caller, serving, row, response)


@router.put("/v1/newsletters/{newsletter_id}/items", responses=error_responses(*_CHANGES, errors.ItemUnknown))
async def arrange_newsletter(
    newsletter_id: UUID,
    body: schemas.ItemsIn,
    caller: Editor,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> schemas.Newsletter:
    """The items of a draft, all of them, in their order. Each has to be posted where an edition's readers may see it."""
    keys = [(item.kind, item.id) for item in body.items]
    row = await service.arrange_newsletter(
        session, caller, newsletter_id, keys, expected=expected, now=serving.clock.now()
    )
    return await _shown(session, caller, serving, row, response)


@router.delete("/v1/newsletters/{newsletter_id}", status_code=204, responses=error_responses(*_CHANGES))
async def delete_newsletter(newsletter_id: UUID, caller: Editor, session: Transaction, expected: MustMatch) -> None:
    """Throw a draft away."""
    await service.delete_newsletter(session, caller, newsletter_id, expected=expected)


@router.get(
    "/v1/newsletters/{newsletter_id}/preview",
    response_class=Response,
    responses={200: {"description": "The edition", "content": _TEXTS}}
    | error_responses(errors.NewsletterNotFound, errors.EditionUnknown),
)
async def preview_newsletter(
    newsletter_id: UUID,
    caller: Editor,
    session: Transaction,
    serving: Serving,
    locality: UUID | None = None,
    format: Literal["html", "plain"] = "html",  # noqa: A002 - what it is called in the address
) -> Response:
    """An edition as it would go out now: the locality's, or the commissioner's."""
    now = serving.clock.now()
    sight = await service.newsletter_sight(session, caller, now=now)
    row = await NewsletterRepository(session, session.tenant).get_seen(newsletter_id, sight)
    found = await service.preview_edition(session, row, locality, now=now)
    body = found.html if format == "html" else found.text
    return Response(body, media_type=f"text/{format}", headers={"ETag": digest_etag("preview", body)})


@router.post(
    "/v1/newsletters/{newsletter_id}/schedule",
    responses=error_responses(errors.NewsletterNotFound, errors.NewsletterSent, errors.SendingPast, PreconditionFailed),
)
async def schedule_newsletter(
    newsletter_id: UUID,
    body: schemas.ScheduleIn,
    caller: Editor,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.Newsletter:
    """Send it at that time, or now; a time given before is replaced. Who gets it is worked out then, and so is what stands in
    it: what is withdrawn meanwhile is left out, and an edition without items is not sent.
    """
    row = await service.schedule_newsletter(
        session, caller, newsletter_id, send_at=body.send_at, expected=expected, now=serving.clock.now()
    )
    return await _shown(session, caller, serving, row, response)


@router.post(
    "/v1/newsletters/{newsletter_id}/cancel",
    responses=error_responses(errors.NewsletterNotFound, errors.NewsletterSent, PreconditionFailed),
)
async def cancel_newsletter(
    newsletter_id: UUID,
    caller: Editor,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.Newsletter:
    """Make a scheduled newsletter a draft again."""
    row = await service.unschedule_newsletter(session, caller, newsletter_id, expected=expected)
    return await _shown(session, caller, serving, row, response)


async def _shown(
    session: Tx, caller: Principal, serving: Serving, row: Newsletter, response: Response
) -> schemas.Newsletter:
    """What became of each edition is for whoever keeps it."""
    sight = await service.newsletter_sight(session, caller, now=serving.clock.now())
    counts = await service.edition_counts(session, row, sight)
    response.headers["ETag"] = service.newsletter_tag(row, counts)
    return schemas.Newsletter(
        **_members(row),
        intro_markdown=row.intro_markdown,
        since=row.since,
        until=row.until,
        items=[schemas.NewsletterItem.model_validate(item) for item in await service.items_seen(session, row, sight)],
        editions=await _editions(session, sight, row, counts),
    )


async def _editions(
    session: Tx, sight: NewsletterSight, row: Newsletter, counts: Mapping[UUID, CountsFound]
) -> list[schemas.Edition]:
    if row.sent_at is None:
        return [
            schemas.Edition(id=None, locality_id=place, state=EditionState.PENDING, items=None, counts=None)
            for place in service.editions_of(row)
        ]
    return [
        schemas.Edition(
            id=edition.id,
            locality_id=edition.locality_id,
            state=EditionState(edition.state),
            items=edition.items,
            counts=Counts.model_validate(counts.get(edition.id, NO_COUNTS))
            if sight.keeps(edition.locality_id)
            else None,
        )
        for edition in await EditionRepository(session, session.tenant).list_of(row.id, sight.editions)
    ]


def _members(row: Newsletter) -> dict[str, Any]:
    """What every reader of a newsletter is told of it."""
    return {name: getattr(row, name) for name in schemas.NewsletterSummary.model_fields}
