"""HTTP of the access slice: who am I, API keys, and roles of persons who sign in with a token."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.access import errors, schemas, service, tables
from app.access.repository import ApiKeyRepository, RoleGrantRepository
from app.access.values import Boundary, KeyTerms, NamedPerson, Role, WantedRole
from app.core.auth import Caller, require
from app.core.db import Transaction
from app.core.errors import FieldError, Forbidden, PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MayMatch, MustMatch, Serving, make_router, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations.errors import CommissionerNotFound, LocalityNotFound, PracticeNotFound
from app.organisations.service import get_commissioner
from app.people.errors import FormerAddress, PersonNotFound
from app.people.service import get_person

router = make_router("access")
Keeper = Annotated[Principal, require("keys:write")]
Seer = Annotated[Principal, require("keys:read")]
_PLACES = (CommissionerNotFound, LocalityNotFound, PracticeNotFound, PersonNotFound, FormerAddress)
_REFUSED = (
    Forbidden,
    errors.PersonRequired,
    errors.BoundaryInvalid,
    errors.AlreadyExpired,
    errors.CommissionerRequired,
)


@router.get("/v1/me")
async def get_me(caller: Caller, session: Transaction) -> schemas.Me:
    """Who the credential belongs to, its roles with their boundaries, and every scope that they give."""
    person = await get_person(session, caller.person_id) if caller.person_id else None
    commissioner = await get_commissioner(session)
    held = [
        schemas.HeldRole(role=Role(g.role), boundary=schemas.Boundary(type=g.boundary, id=g.boundary_id))
        for g in caller.grants
    ]
    only = held[0] if len(held) == 1 else None
    return schemas.Me(
        principal=schemas.Credential(id=caller.credential_id, kind=caller.credential_kind, name=caller.name),
        person=schemas.Person(id=person.id, name=person.name, email=person.email) if person else None,
        role=only.role if only else None,
        boundary=only.boundary if only else None,
        roles=held,
        scopes=sorted(caller.scopes),
        commissioner=schemas.CommissionerName(code=commissioner.code, name=commissioner.name, kind=commissioner.kind),
    )


@router.post("/v1/api-keys", status_code=201, responses=error_responses(*_PLACES, *_REFUSED, errors.OriginsRefused))
async def create_api_key(
    body: schemas.ApiKeyIn, caller: Keeper, session: Transaction, serving: Serving, response: Response
) -> schemas.ApiKeyWithSecret:
    """Make a key. `key` is in this answer only; store it now.

    The money roles (`claims_vetter`, `payments_approver`, `payments_releaser`) are given by platform_admin alone. A
    `person` whose e-mail address is known is that person; else a new one is made.
    """
    wanted = _wanted(body, caller)
    terms = KeyTerms(name=body.name, origins=tuple(body.origins), expires_at=body.expires_at)
    async with service.in_tenant(session, caller, body.commissioner):
        row, text = await service.create_key(session, wanted, terms, now=serving.clock.now())
        code = (await get_commissioner(session)).code
    response.headers["Location"] = f"/v1/api-keys/{row.id}"
    response.headers["ETag"] = version_etag(row.version)
    return _with_secret(row, code, text)


@router.get("/v1/api-keys", responses=error_responses(CommissionerNotFound))
async def list_api_keys(
    params: Annotated[schemas.CredentialParams, Query()],
    caller: Seer,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.ApiKeyPage:
    """Keys of the commissioner, never their secrets. Revoked and expired ones with `state=all`."""
    now = serving.clock.now()
    async with service.in_tenant(session, caller, params.commissioner):
        page = await ApiKeyRepository(session, session.tenant).list_page(
            role=params.role,
            person_id=params.person_id,
            live_at=_live(params, now),
            params=params,
            cursors=serving.cursors,
        )
    code = params.commissioner or caller.commissioner_code
    return paged(request, response, page.map(lambda row: _key(row, code)))


@router.get("/v1/api-keys/{key_id}", responses=error_responses(errors.ApiKeyNotFound))
async def get_api_key(key_id: UUID, caller: Seer, session: Transaction, response: Response) -> schemas.ApiKey:
    """One key, without its secret."""
    async with service.in_tenant_of(session, caller, key_id, errors.ApiKeyNotFound):
        row = await ApiKeyRepository(session, session.tenant).get(key_id)
        code = (await get_commissioner(session)).code
    response.headers["ETag"] = version_etag(row.version)
    return _key(row, code)


@router.post(
    "/v1/api-keys/{key_id}/rotate",
    responses=error_responses(
        errors.ApiKeyNotFound, errors.ApiKeyRevoked, errors.AlreadyExpired, Forbidden, PreconditionFailed
    ),
)
async def rotate_api_key(
    key_id: UUID,
    caller: Keeper,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
    body: schemas.RotationIn | None = None,
) -> schemas.ApiKeyWithSecret:
    """Give the key a new secret. The one before stays good for 24 hours, or as long as `overlap_hours` says.

    At most two secrets of a key are good at a time: one from before the last rotation is dead at once.
    """
    overlap = timedelta(hours=(body or schemas.RotationIn()).overlap_hours)
    async with service.in_tenant_of(session, caller, key_id, errors.ApiKeyNotFound):
        row, text = await service.rotate_key(
            session,
            key_id,
            expected=expected,
            by_platform=caller.is_platform,
            overlap=overlap,
            now=serving.clock.now(),
        )
        code = (await get_commissioner(session)).code
        # The version in the ETag is raised as the row is flushed.
        await session.flush()
    response.headers["ETag"] = version_etag(row.version)
    return _with_secret(row, code, text)


@router.delete(
    "/v1/api-keys/{key_id}",
    status_code=204,
    responses=error_responses(errors.ApiKeyNotFound, PreconditionFailed, PreconditionRequired),
)
async def revoke_api_key(
    key_id: UUID, caller: Keeper, session: Transaction, serving: Serving, expected: MustMatch
) -> None:
    """Revoke a key with all its secrets. It is refused everywhere within five seconds."""
    async with service.in_tenant_of(session, caller, key_id, errors.ApiKeyNotFound):
        await service.revoke_key(session, key_id, expected=expected, now=serving.clock.now())


@router.post("/v1/role-grants", status_code=201, responses=error_responses(*_PLACES, *_REFUSED, errors.AlreadyGranted))
async def grant_role(
    body: schemas.RoleGrantIn, caller: Keeper, session: Transaction, serving: Serving, response: Response
) -> schemas.RoleGrant:
    """Give a role to a person who signs in with a token; who may give which is as for keys.

    The person is recognised by e-mail address. A money role holds for the address that the person has now: after a
    change of address platform_admin grants it again.
    """
    now = serving.clock.now()
    async with service.in_tenant(session, caller, body.commissioner):
        row = await service.grant_role(
            session,
            _wanted(body, caller),
            valid_from=body.valid_from or now,
            valid_until=body.valid_until,
            now=now,
        )
        code = (await get_commissioner(session)).code
    response.headers["Location"] = f"/v1/role-grants/{row.id}"
    response.headers["ETag"] = version_etag(row.version)
    return _grant(row, code)


@router.get("/v1/role-grants", responses=error_responses(CommissionerNotFound))
async def list_role_grants(
    params: Annotated[schemas.CredentialParams, Query()],
    caller: Seer,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.RoleGrantPage:
    """Roles of persons who sign in with a token. Ended ones with `state=all`."""
    now = serving.clock.now()
    async with service.in_tenant(session, caller, params.commissioner):
        page = await RoleGrantRepository(session, session.tenant).list_page(
            role=params.role,
            person_id=params.person_id,
            live_at=_live(params, now),
            params=params,
            cursors=serving.cursors,
        )
    code = params.commissioner or caller.commissioner_code
    return paged(request, response, page.map(lambda row: _grant(row, code)))


@router.get("/v1/role-grants/{grant_id}", responses=error_responses(errors.RoleGrantNotFound))
async def get_role_grant(grant_id: UUID, caller: Seer, session: Transaction, response: Response) -> schemas.RoleGrant:
    """One role of one person."""
    async with service.in_tenant_of(session, caller, grant_id, errors.RoleGrantNotFound):
        row = await RoleGrantRepository(session, session.tenant).get(grant_id)
        code = (await get_commissioner(session)).code
    response.headers["ETag"] = version_etag(row.version)
    return _grant(row, code)


@router.delete(
    "/v1/role-grants/{grant_id}",
    status_code=204,
    responses=error_responses(errors.RoleGrantNotFound, PreconditionFailed, PreconditionRequired),
)
async def end_role_grant(
    grant_id: UUID, caller: Keeper, session: Transaction, serving: Serving, expected: MustMatch
) -> None:
    """End a role. It is refused everywhere within five seconds."""
    async with service.in_tenant_of(session, caller, grant_id, errors.RoleGrantNotFound):
        await service.end_grant(session, grant_id, expected=expected, now=serving.clock.now())


def _wanted(body: schemas.RoleIn, caller: Principal) -> WantedRole:
    if caller.is_platform and body.commissioner is None and body.role is not Role.PLATFORM_ADMIN:
        raise errors.CommissionerRequired(
            errors=[FieldError("/commissioner", "missing", "Give the commissioner's code.")]
        )
    return WantedRole(
        role=body.role,
        boundary=Boundary(body.boundary.type, body.boundary.id) if body.boundary else None,
        person_id=body.person_id,
        person=NamedPerson(body.person.name, body.person.email) if body.person else None,
        by_platform=caller.is_platform,
    )


def _live(params: schemas.CredentialParams, now: datetime) -> datetime | None:
    return now if params.state == "live" else None


def _key(row: tables.ApiKey, code: str) -> schemas.ApiKey:
    return schemas.ApiKey(**_members(row, code))


def _with_secret(row: tables.ApiKey, code: str, text: str) -> schemas.ApiKeyWithSecret:
    return schemas.ApiKeyWithSecret(**_members(row, code), key=text)


def _members(row: tables.ApiKey, code: str) -> dict[str, Any]:
    return row.model_dump(exclude={"boundary", "commissioner_id", "secret_hash", "previous_hash"}) | _place(row, code)


def _grant(row: tables.RoleGrant, code: str) -> schemas.RoleGrant:
    return schemas.RoleGrant(**row.model_dump(exclude={"boundary", "commissioner_id"}) | _place(row, code))


def _place(row: tables.ApiKey | tables.RoleGrant, code: str) -> dict[str, Any]:
    return {"boundary": {"type": row.boundary, "id": row.boundary_id}, "commissioner": code}
