"""Giving, rotating and revoking API keys."""

from datetime import datetime, timedelta
from uuid import UUID

from app.access.errors import AlreadyExpired, ApiKeyRevoked, OriginsRefused
from app.access.events import MoneyRoleGranted
from app.access.repository import ApiKeyRepository
from app.access.rules import MOST_ORIGINS, is_origin, needs_platform
from app.access.service.roles import check_giver, settle_boundary, settle_person
from app.access.service.secret import new_secret
from app.access.tables import ApiKey
from app.access.values import MONEY_ROLES, KeyTerms, Role, WantedRole
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden
from app.core.events import emit
from app.core.repository import Expected


async def create_key(session: Tx, wanted: WantedRole, terms: KeyTerms, *, now: datetime) -> tuple[ApiKey, str]:
    """A new key in the session's tenant, and its text, which is shown once and stored nowhere."""
    check_giver(session, wanted)
    _check_terms(wanted.role, terms, now)
    boundary = await settle_boundary(session, wanted)
    person_id = await settle_person(session, wanted)
    text, prefix, hashed = new_secret()
    key = ApiKey(
        commissioner_id=session.tenant,
        name=terms.name,
        role=wanted.role,
        boundary=boundary.type,
        boundary_id=boundary.id,
        person_id=person_id,
        prefix=prefix,
        secret_hash=hashed,
        origins=list(terms.origins),
        created_at=now,
        expires_at=terms.expires_at,
    )
    session.add(key)
    audit(session, "key.created", key.id, role=key.role, boundary=boundary.type, boundary_id=boundary.id)
    if wanted.role in MONEY_ROLES:
        emit(session, MoneyRoleGranted(subject=str(key.id), role=key.role, person_id=str(person_id), how="key"))
    return key, text


async def rotate_key(
    session: Tx, key_id: UUID, *, expected: Expected, by_platform: bool, overlap: timedelta, now: datetime
) -> tuple[ApiKey, str]:
    """A new secret for the key. The one before stays good for the overlap; one older than that is dead at once."""
    key = await ApiKeyRepository(session, session.tenant).get(key_id, for_update=True)
    expected.check(key.version)
    if needs_platform(Role(key.role)) and not by_platform:
        # A new secret is a new credential for that role.
        raise Forbidden(f"Only platform_admin gives the role {key.role}.")
    if key.revoked_at is not None:
        raise ApiKeyRevoked
    if key.expires_at is not None and key.expires_at <= now:
        raise AlreadyExpired("The key has expired; make a new one.")
    text, prefix, hashed = new_secret()
    key.previous_hash, key.previous_until = (key.secret_hash, now + overlap) if overlap else (None, None)
    key.secret_hash, key.prefix = hashed, prefix
    session.add(key)
    audit(session, "key.rotated", key.id, overlap_seconds=int(overlap.total_seconds()))
    return key, text


async def revoke_key(session: Tx, key_id: UUID, *, expected: Expected, now: datetime) -> ApiKey:
    """Dead in every process within five seconds. Revoking again changes nothing."""
    key = await ApiKeyRepository(session, session.tenant).get(key_id, for_update=True)
    expected.check(key.version)
    if key.revoked_at is None:
        mark_revoked(session, key, now)
    return key


def mark_revoked(session: Tx, key: ApiKey, now: datetime) -> None:
    key.revoked_at = now
    key.previous_hash = key.previous_until = None
    session.add(key)
    audit(session, "key.revoked", key.id, role=key.role)


def _check_terms(role: Role, terms: KeyTerms, now: datetime) -> None:
    if terms.expires_at is not None and terms.expires_at <= now:
        raise AlreadyExpired(errors=[FieldError("/expires_at", "in_the_past", "A key ends in the future.")])
    if terms.origins and role is not Role.INTRANET:
        raise OriginsRefused(
            errors=[FieldError("/origins", "wrong_role", "Only a key of the role intranet may be seen by a web page.")]
        )
    if len(terms.origins) > MOST_ORIGINS:
        raise OriginsRefused(errors=[FieldError("/origins", "too_long", f"At most {MOST_ORIGINS} origins.")])
    wrong = [i for i, origin in enumerate(terms.origins) if not is_origin(origin)]
    if wrong:
        detail = "Write an origin as a browser does: https://intranet.example.org, with no path."
        raise OriginsRefused(errors=[FieldError(f"/origins/{i}", "wrong_format", detail) for i in wrong])
