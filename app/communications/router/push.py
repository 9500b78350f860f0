"""HTTP of the browsers in which a person is told."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.repository.push import PushSubscriptionRepository
from app.communications.router.root import router
from app.communications.schemas import push as schemas
from app.communications.tables import PushSubscription
from app.communications.values import WantedBrowser
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import FieldError, PreconditionFailed, PreconditionRequired
from app.core.http import MustMatch, Services, Serving, asks_first, paged, posted_text
from app.core.outside import NotReached, Refused, checked_url
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses

Person = Annotated[Principal, require("inbox:own")]


async def _look_up_endpoint(request: Request, services: Services) -> None:
    """Refuse an address that leads to where nothing is called; it is looked at again when something is sent."""
    endpoint = await posted_text(request, "endpoint")
    if endpoint is None:
        return
    try:
        await services.outside.look_up(checked_url(endpoint))
    except Refused as error:
        raise errors.PushEndpointRefused(errors=[FieldError("/endpoint", "not_allowed", str(error))]) from None
    except NotReached:
        return


@router.get("/v1/me/push-key")
async def get_push_key(caller: Person, session: Transaction, serving: Serving) -> schemas.PushKey:
    """The key that a browser is to be subscribed with. It stays the same until the installation's secret keys are rotated;
    browsers that were subscribed before go on.
    """
    caller.require_person()
    return schemas.PushKey(public_key=service.push_key(serving.secrets))


@router.get("/v1/me/push-subscriptions")
async def list_push_subscriptions(
    params: Annotated[PageParams, Query()],
    caller: Person,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.PushSubscriptionPage:
    """The caller's browsers, in the order in which they were added."""
    repository = PushSubscriptionRepository(session, session.tenant)
    page = await repository.list_page(caller.require_person(), params=params, cursors=serving.cursors)
    return paged(request, response, page.map(schemas.PushSubscription.model_validate))


@router.post(
    "/v1/me/push-subscriptions",
    status_code=201,
    responses=error_responses(
        errors.PushEndpointRefused, errors.PushKeysInvalid, errors.PushSubscriptionTaken, errors.TooManyBrowsers
    ),
)
@asks_first(_look_up_endpoint)
async def subscribe_browser(
    body: schemas.PushSubscriptionIn, caller: Person, session: Transaction, serving: Serving, response: Response
) -> schemas.PushSubscription:
    """Tell the caller in this browser of topics whose `channels` have `push`, and of what is critical.

    The same browser again changes nothing but its keys, and whose it is: one that two people share belongs to whoever
    subscribed it last.
    """
    wanted = WantedBrowser(body.endpoint, body.keys.p256dh, body.keys.auth, body.device)
    row = await service.subscribe(session, serving.secrets, caller.require_person(), wanted, now=serving.clock.now())
    response.headers["Location"] = f"/v1/me/push-subscriptions/{row.id}"
    return _shown(response, row)


@router.get("/v1/me/push-subscriptions/{subscription_id}", responses=error_responses(errors.PushSubscriptionNotFound))
async def get_push_subscription(
    subscription_id: UUID, caller: Person, session: Transaction, response: Response
) -> schemas.PushSubscription:
    """One of the caller's browsers. One that its push service called gone is no longer there."""
    repository = PushSubscriptionRepository(session, session.tenant)
    return _shown(response, await repository.get_own(caller.require_person(), subscription_id))


@router.delete(
    "/v1/me/push-subscriptions/{subscription_id}",
    status_code=204,
    responses=error_responses(errors.PushSubscriptionNotFound, PreconditionFailed, PreconditionRequired),
)
async def unsubscribe_browser(subscription_id: UUID, caller: Person, session: Transaction, expected: MustMatch) -> None:
    """Tell the caller nothing more in this browser."""
    await service.unsubscribe(session, caller.require_person(), subscription_id, expected=expected)


def _shown(response: Response, row: PushSubscription) -> schemas.PushSubscription:
    response.headers["ETag"] = service.subscription_tag(row)
    return schemas.PushSubscription.model_validate(row)
