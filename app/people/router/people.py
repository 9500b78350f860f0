"""Persons: known, corrected, copied and forgotten; and whether intranets may show them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import Caller, require
from app.core.db import Transaction, Tx
from app.core.errors import Forbidden, PreconditionFailed
from app.core.etag import version_etag
from app.core.http import MayMatch, MustMatch, Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.people import errors, rules, schemas, service
from app.people.repository import (
    PersonRepository,
    PostRepository,
)
from app.people.router.root import (
    MATCH_ERRORS,
    Keeper,
    Reader,
    reach_of,
    router,
)
from app.people.tables import Person
from app.people.values import PersonHolders


def _person(person: Person) -> schemas.PersonEntry:
    return schemas.PersonEntry(
        id=person.id,
        name=person.name,
        email=person.email,
        telephone=person.telephone,
        objects_to_listing=person.objects_to_listing,
        unreachable_since=person.bounced_at,
        created_at=person.created_at,
    )


@router.post("/v1/people", status_code=201, responses=error_responses(errors.EmailKnown, errors.FormerAddress))
async def create_person(
    body: schemas.NewPerson, caller: Keeper, session: Transaction, serving: Serving, response: Response
) -> schemas.PersonEntry:
    """Make somebody known. To give them a post at the same time, send `person` with the post."""
    person = await service.create_person(
        session,
        name=body.name,
        email=body.email,
        telephone=body.telephone,
        objects_to_listing=body.objects_to_listing,
        now=serving.clock.now(),
    )
    response.headers["Location"] = f"/v1/people/{person.id}"
    response.headers["ETag"] = version_etag(person.version)
    return _person(person)


@router.get("/v1/people")
async def list_people(
    params: Annotated[schemas.PersonParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.PersonEntryPage:
    """The people that the commissioner knows, by name or practice. Practice roles see their own practice's people."""
    today = serving.today()
    reach = await reach_of(session, caller, today)
    page = await PersonRepository(session, session.tenant).list_visible(
        reach, q=params.q, practice=params.practice, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(_person))


@router.get("/v1/people/{person_id}", responses=error_responses(errors.PersonNotFound))
async def get_person(
    person_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> schemas.PersonEntry:
    """One person. Their posts: `/v1/posts?person_id=`."""
    reach = await reach_of(session, caller, serving.today())
    person = await PersonRepository(session, session.tenant).get_visible(person_id, reach)
    response.headers["ETag"] = version_etag(person.version)
    return _person(person)


@router.patch(
    "/v1/people/{person_id}",
    responses=error_responses(
        errors.PersonNotFound, errors.PersonErased, errors.EmailKnown, errors.FormerAddress, *MATCH_ERRORS
    ),
)
async def update_person(
    person_id: UUID,
    body: schemas.PersonPatch,
    expected: MustMatch,
    caller: Keeper,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> schemas.PersonEntry:
    """Correct a person's name or contact, or note that they object to being listed. A new address is not `stale`."""
    person = await PersonRepository(session, session.tenant).get(person_id, for_update=True)
    expected.check(person.version)
    await service.change_person(session, person, body.model_dump(exclude_unset=True), today=serving.today())
    # The version is raised by the flush, and the answer's tag shows it.
    await session.flush()
    response.headers["ETag"] = version_etag(person.version)
    return _person(person)


@router.get("/v1/people/{person_id}/export", responses=error_responses(errors.PersonNotFound))
async def export_person(person_id: UUID, caller: Keeper, session: Transaction, serving: Serving) -> schemas.PersonCopy:
    """Everything that is held on a person, for their own copy: particulars, posts, keys and roles, attendance, learning,
    forums, agreements, decisions about money, and messages. Secrets of keys are never in it. The audit log notes it.
    """
    held = await service.copy_of_person(session, person_id, serving.part(PersonHolders))
    return schemas.PersonCopy(person=person_id, held=held)


@router.post("/v1/people/{person_id}/erase", responses=error_responses(errors.PersonNotFound, PreconditionFailed))
async def erase_person(
    person_id: UUID,
    body: schemas.ErasureIn,
    expected: MayMatch,
    caller: Keeper,
    session: Transaction,
    serving: Serving,
) -> schemas.Erasure:
    """Forget who a person was: name and contact go everywhere, posts, keys and roles end, waiting mail is not sent.

    It cannot be undone. What was paid and decided stays under the id, which leads to nobody. `dry_run` tells what would
    go. Erasing somebody again changes nothing.
    """
    person = await PersonRepository(session, session.tenant).get(person_id, for_update=True)
    expected.check(person.version)
    holders = serving.part(PersonHolders)
    held = await service.forget_person(
        session, person, holders, reason=body.reason, now=serving.clock.now(), dry_run=body.dry_run
    )
    return schemas.Erasure(
        person=person_id,
        reason=body.reason,
        dry_run=body.dry_run,
        erased_at=None if body.dry_run else person.erased_at,
        parts=[
            schemas.ErasedPart(part=holder.name, held=rules.counts(held[holder.name]), sentence=holder.on_erasure)
            for holder in holders
        ],
    )


@router.get("/v1/me/listing", responses=error_responses(Forbidden, errors.PersonNotFound))
async def get_my_listing(caller: Caller, session: Transaction, serving: Serving, response: Response) -> schemas.Listing:
    """Whether intranets may show me, and which of my posts they show."""
    person = await PersonRepository(session, session.tenant).get(caller.require_person())
    return await _listing(session, person, serving.today(), response)


@router.put("/v1/me/listing", responses=error_responses(Forbidden, errors.PersonNotFound, *MATCH_ERRORS))
async def set_my_listing(
    body: schemas.ListingIn,
    expected: MustMatch,
    caller: Annotated[Principal, require("self:write")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> schemas.Listing:
    """Object to being shown on intranets, or take the objection back. It outdoes what any practice has marked."""
    person = await PersonRepository(session, session.tenant).get(caller.require_person(), for_update=True)
    today = serving.today()
    expected.check_tag(await _listing_etag(session, person, today))
    await service.change_listing(session, person, objects=body.objects, today=today)
    # The version is raised by the flush, and the answer's tag shows it.
    await session.flush()
    return await _listing(session, person, today, response)


async def _shown_posts(session: Tx, person: Person, today: date) -> list[UUID]:
    return await PostRepository(session, session.tenant).list_shown(person.id, on=today)


async def _listing_etag(session: Tx, person: Person, today: date) -> str:
    shown = await _shown_posts(session, person, today)
    return f'"v{person.version}.{"-".join(map(str, shown))}"'


async def _listing(session: Tx, person: Person, today: date, response: Response) -> schemas.Listing:
    response.headers["ETag"] = await _listing_etag(session, person, today)
    return schemas.Listing(objects=person.objects_to_listing, posts=await _shown_posts(session, person, today))
