"""HTTP of the people slice."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import Caller, require
from app.core.clock import london_date
from app.core.db import Transaction, Tx
from app.core.errors import CursorExpired, CursorInvalid, Forbidden, PreconditionFailed, PreconditionRequired
from app.core.etag import check_if_match, version_etag
from app.core.http import CodeInAddress, MayMatch, MustMatch, Serving, make_router, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.repository import Expected, Page, keyset_page
from app.organisations import service as organisations
from app.organisations.errors import LocalityNotFound, PracticeNotFound
from app.people import errors, rules, schemas, service
from app.people.repository import (
    MailboxRepository,
    PersonRepository,
    PostRepository,
    Reach,
    team_keys,
    vacancies,
)
from app.people.tables import Mailbox, Person, Post
from app.people.values import TITLES, NewPost, PostLevel, PostRole

router = make_router("people")
Reader = Annotated[Principal, require("people:read")]
Keeper = Annotated[Principal, require("people:write")]
PostKeeper = Annotated[Principal, require("posts:write")]
_LIST = (CursorInvalid, CursorExpired)
_MATCH = (PreconditionFailed, PreconditionRequired)
_PLACES = (PracticeNotFound, LocalityNotFound, Forbidden)


async def _reach(session: Tx, caller: Principal, on: date) -> Reach:
    """People of the practices within the caller's boundaries, listed ones above practices, and always oneself."""
    codes = await organisations.reachable(session, caller, "people:read", on=on)
    return Reach(codes, caller.person_id, on)


def _today(serving: Any) -> date:
    return london_date(serving.clock.now())


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


def _stale_reason(post: Post, person: Person, today: date) -> rules.StaleReason | None:
    if post.valid_until is not None and post.valid_until <= today:
        return None
    return rules.stale_reason(confirmed_on=post.confirmed_on, bounced_at=person.bounced_at, today=today)


def _post_etag(post: Post, person: Person, today: date) -> str:
    """The answer shows the holder's name and whether the post is stale, so that its tag follows those too."""
    return f'"v{post.version}.{person.version}.{_stale_reason(post, person, today) or "fresh"}"'


def _check(expected: Expected, etag: str) -> None:
    check_if_match(expected.header, etag, required=expected.required)


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


@router.get("/v1/people", responses=error_responses(*_LIST))
async def list_people(
    params: Annotated[schemas.PersonParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.PersonEntryPage:
    """The people that the commissioner knows, by name or practice. Practice roles see their own practice's people."""
    today = _today(serving)
    people = PersonRepository(session, session.tenant)
    statement = people.visible(await _reach(session, caller, today), q=params.q, practice=params.practice)
    page = await people.page(
        statement, keys=[Person.name_key, Person.id], params=params, cursors=serving.cursors, kind="people"
    )
    shown = Page([_person(person) for person in page.rows], page.next_cursor, page.total)
    return paged(request, response, shown)  # pyright: ignore


@router.get("/v1/people/{person_id}", responses=error_responses(errors.PersonNotFound))
async def get_person(
    person_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> schemas.PersonEntry:
    """One person. Their posts: `/v1/posts?person_id=`."""
    reach = await _reach(session, caller, _today(serving))
    person = await PersonRepository(session, session.tenant).get_visible(person_id, reach)
    response.headers["ETag"] = version_etag(person.version)
    return _person(person)


@router.patch(
    "/v1/people/{person_id}",
    responses=error_responses(
        errors.PersonNotFound, errors.PersonErased, errors.EmailKnown, errors.FormerAddress, *_MATCH
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
    await service.change_person(session, person, body.model_dump(exclude_unset=True), today=_today(serving))
    # The version is raised by the flush, and the answer's tag shows it.
    await session.flush()
    response.headers["ETag"] = version_etag(person.version)
    return _person(person)


@router.get("/v1/people/{person_id}/export", responses=error_responses(errors.PersonNotFound))
async def export_person(person_id: UUID, caller: Keeper, session: Transaction, serving: Serving) -> schemas.PersonCopy:
    """Everything that is held on a person, for their own copy: particulars, posts, keys and roles, attendance, learning,
    forums, agreements, decisions about money, and messages. Secrets of keys are never in it. The audit log notes it.
    """
    held = await service.copy_of_person(session, person_id, serving.person_holders)
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
    holders = serving.person_holders
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
    return await _listing(session, person, _today(serving), response)


@router.put("/v1/me/listing", responses=error_responses(Forbidden, errors.PersonNotFound, *_MATCH))
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
    today = _today(serving)
    _check(expected, await _listing_etag(session, person, today))
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


@router.post(
    "/v1/posts",
    status_code=201,
    responses=error_responses(
        *_PLACES,
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


@router.get("/v1/posts", responses=error_responses(*_LIST))
async def list_posts(
    params: Annotated[schemas.PostParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.PostPage:
    """Posts with their holders, newest first: held now or later unless you ask for ended ones or for a day."""
    today = _today(serving)
    statement = PostRepository(session, session.tenant).visible(
        await _reach(session, caller, today), params.model_dump(exclude={"limit", "cursor", "count"})
    )
    page = await keyset_page(
        session,
        statement,
        keys=[Post.id],
        params=params,
        cursors=serving.cursors,
        kind="posts",
        descending=True,
    )
    shown = Page([_post(row.Post, row.Person, today) for row in page.rows], page.next_cursor, page.total)
    return paged(request, response, shown)  # pyright: ignore


@router.get("/v1/posts/{post_id}", responses=error_responses(errors.PostNotFound))
async def get_post(
    post_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> schemas.Post:
    """One post with its holder."""
    today = _today(serving)
    reach = await _reach(session, caller, today)
    post, person = await PostRepository(session, session.tenant).get_visible(post_id, reach)
    response.headers["ETag"] = _post_etag(post, person, today)
    return _post(post, person, today)


async def _locked(session: Tx, post_id: UUID, expected: Expected, today: date) -> tuple[Post, Person]:
    """The post and its holder, against a change by somebody else meanwhile."""
    post, person = await PostRepository(session, session.tenant).lock_with_person(post_id)
    _check(expected, _post_etag(post, person, today))
    return post, person


@router.patch(
    "/v1/posts/{post_id}",
    responses=error_responses(errors.PostNotFound, Forbidden, errors.LeadOverlap, errors.PostOverlap, *_MATCH),
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
    responses=error_responses(errors.PostNotFound, errors.PostEnded, Forbidden, *_MATCH),
)
async def end_post(
    post_id: UUID, expected: MustMatch, caller: PostKeeper, session: Transaction, serving: Serving
) -> None:
    """End a post: today is the first day on which it is no longer held. One that has not begun disappears."""
    now = serving.clock.now()
    post, _ = await _locked(session, post_id, expected, london_date(now))
    await service.end_post(session, caller, post, now=now)


@router.get("/v1/leads/vacancies", responses=error_responses(*_LIST))
async def list_lead_vacancies(
    params: Annotated[schemas.VacancyParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.VacancyPage:
    """Member practices without a named lead today, by code; with `stale=true` also those whose lead has gone quiet."""
    today = _today(serving)
    reach = await _reach(session, caller, today)
    statement, code = vacancies(
        session.tenant,
        organisations.select_member_practices(session.tenant, today),
        practices=reach.practices,
        locality_id=params.locality_id,
        stale=params.stale,
        on=today,
    )
    page = await keyset_page(session, statement, keys=[code], params=params, cursors=serving.cursors, kind="vacancies")
    names = await organisations.get_practices(session, [row.code for row in page.rows])
    shown = [_vacancy(row, names[row.code].name, today) for row in page.rows]
    return paged(request, response, Page(shown, page.next_cursor, page.total))  # pyright: ignore


def _vacancy(row: Any, name: str, today: date) -> schemas.Vacancy:
    reason = None
    if row.confirmed_on is not None:
        reason = rules.stale_reason(confirmed_on=row.confirmed_on, bounced_at=row.bounced_at, today=today)
    return schemas.Vacancy(
        practice=schemas.VacancyPractice(code=row.code, name=name),
        locality_id=row.locality_id,
        reason=reason or "none",
        vacant_since=row.vacant_since if reason is None else None,
        confirmed_on=row.confirmed_on,
    )


@router.get("/v1/practices/{code}/team", responses=error_responses(PracticeNotFound, *_LIST))
async def list_team(
    code: CodeInAddress,
    params: Annotated[schemas.TeamParams, Query()],
    caller: Annotated[Principal, require("practices:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.TeamPage:
    """Who works at the practice today, newest first: those who are listed and do not object.

    Roles that read people at this practice see its whole team. Patients and forum members are never among them.
    """
    today = _today(serving)
    await organisations.get_practice(session, code)
    whole = await _sees_team(session, caller, code, today)
    statement = PostRepository(session, session.tenant).team(code, on=today, listed_only=not whole)
    page = await keyset_page(
        session,
        statement,
        keys=team_keys,
        params=params,
        cursors=serving.cursors,
        kind=f"team:{code}:{whole}",
        descending=True,
    )
    shown = [_member(row.Post, row.Person, whole=whole) for row in page.rows]
    return paged(request, response, Page(shown, page.next_cursor, page.total))  # pyright: ignore


async def _sees_team(session: Tx, caller: Principal, code: str, on: date) -> bool:
    if not caller.has("people:read"):
        return False
    reach = await organisations.reachable(session, caller, "people:read", on=on)
    return reach is None or code in reach


def _member(post: Post, person: Person, *, whole: bool) -> schemas.TeamMember:
    role = PostRole(post.role)
    return schemas.TeamMember(
        post_id=post.id,
        role=role,
        title=TITLES[role],
        name=person.name,
        email=person.email,
        telephone=person.telephone,
        **{"from": post.valid_from},
        listed=post.listed and not person.objects_to_listing,
        person_id=person.id if whole else None,
    )


@router.get(
    "/v1/practices/{code}/mailbox",
    responses=error_responses(PracticeNotFound, Forbidden, errors.MailboxNotFound),
)
async def get_mailbox(
    code: CodeInAddress, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> schemas.MailboxEntry:
    """The practice's shared mailbox."""
    await organisations.require_reach(session, caller, "people:read", code, on=_today(serving))
    mailbox = await MailboxRepository(session, session.tenant).get_of(code)
    response.headers["ETag"] = version_etag(mailbox.version)
    return _mailbox(mailbox)


@router.put(
    "/v1/practices/{code}/mailbox",
    responses=error_responses(PracticeNotFound, Forbidden, errors.MailboxClash, *_MATCH),
)
async def set_mailbox(
    code: CodeInAddress,
    body: schemas.MailboxIn,
    expected: MayMatch,
    caller: PostKeeper,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> schemas.MailboxEntry:
    """Set the practice's shared mailbox. `If-Match` is needed once there is one."""
    now = serving.clock.now()
    await organisations.require_reach(session, caller, "posts:write", code, on=london_date(now))
    mailboxes = MailboxRepository(session, session.tenant)
    known = await mailboxes.find_of(code, for_update=True)
    check_if_match(expected.header, version_etag(known.version) if known else None, required=known is not None)
    await service.set_mailboxes(session, {code: body.email}, now=now)
    # The version is raised by the flush, and the answer's tag shows it.
    await session.flush()
    mailbox = await mailboxes.get_of(code)
    response.headers["ETag"] = version_etag(mailbox.version)
    return _mailbox(mailbox)


def _mailbox(mailbox: Mailbox) -> schemas.MailboxEntry:
    return schemas.MailboxEntry(practice=mailbox.practice, email=mailbox.email, unreachable_since=mailbox.bounced_at)
