"""A practice's team and mailbox, and practices without a lead."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.clock import london_date
from app.core.db import Transaction
from app.core.errors import Forbidden, NotThereYet
from app.core.etag import version_etag
from app.core.http import CodeInAddress, MustMatch, Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.people import errors, rules, schemas, service
from app.people.repository import (
    MailboxRepository,
    PostRepository,
    list_vacancies,
)
from app.people.router.root import (
    MATCH_ERRORS,
    PostKeeper,
    Reader,
    reach_of,
    router,
)
from app.people.tables import Mailbox, Person, Post
from app.people.values import TITLES, PostRole


@router.get("/v1/leads/vacancies")
async def list_lead_vacancies(
    params: Annotated[schemas.VacancyParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.VacancyPage:
    """Member practices without a named lead today, by code; with `stale=true` also those whose lead has gone quiet."""
    today = serving.today()
    reach = await reach_of(session, caller, today)
    page = await list_vacancies(
        session,
        organisations.select_member_practices(session.tenant, today),
        practices=reach.practices,
        locality_id=params.locality_id,
        stale=params.stale,
        on=today,
        params=params,
        cursors=serving.cursors,
    )
    names = await organisations.get_practices(session, [row.code for row in page.rows])
    return paged(request, response, page.map(lambda row: _vacancy(row, names[row.code].name, today)))


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


@router.get("/v1/practices/{code}/team", responses=error_responses(PracticeNotFound))
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
    today = serving.today()
    await organisations.get_practice(session, code)
    whole = await organisations.reaches(session, caller, "people:read", code, on=today)
    page = await PostRepository(session, session.tenant).list_team(
        code, on=today, listed_only=not whole, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(lambda row: _member(row.Post, row.Person, whole=whole)))


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
    await organisations.require_reach(session, caller, "people:read", code, on=serving.today())
    mailbox = await MailboxRepository(session, session.tenant).get_of(code)
    response.headers["ETag"] = version_etag(mailbox.version)
    return _mailbox(mailbox)


@router.put(
    "/v1/practices/{code}/mailbox",
    responses=error_responses(PracticeNotFound, Forbidden, errors.MailboxClash, NotThereYet, *MATCH_ERRORS),
)
async def set_mailbox(
    code: CodeInAddress,
    body: schemas.MailboxIn,
    expected: MustMatch,
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
    expected.check(known.version if known else None)
    await service.set_mailboxes(session, {code: body.email}, now=now)
    # The version is raised by the flush, and the answer's tag shows it.
    await session.flush()
    mailbox = await mailboxes.get_of(code)
    response.headers["ETag"] = version_etag(mailbox.version)
    return _mailbox(mailbox)


def _mailbox(mailbox: Mailbox) -> schemas.MailboxEntry:
    return schemas.MailboxEntry(practice=mailbox.practice, email=mailbox.email, unreachable_since=mailbox.bounced_at)
