"""The slice's router, one for all its files, and who sees a scheme."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from app.core.db import Tx
from app.core.http import make_router
from app.core.principal import Principal
from app.schemes.errors import SchemeNotFound, VersionNotFound
from app.schemes.repository.schemes import SchemeRepository, VersionRepository
from app.schemes.tables import SchemeRow, VersionRow
from app.schemes.values import Drafts, SchemeState, VersionState

router = make_router("schemes")
CONSULTATIONS = "schemes:consultations"
Number = Annotated[int, Path(ge=1, le=1_000_000)]


def drafts_seen(caller: Principal) -> Drafts:
    if caller.has("schemes:drafts"):
        return Drafts.ALL
    return Drafts.CONSULTED if caller.has(CONSULTATIONS) else Drafts.NONE


async def visible_scheme(session: Tx, scheme_id: UUID, caller: Principal) -> SchemeRow:
    """The scheme, unless it is a draft that the caller may not see."""
    repository, drafts = SchemeRepository(session, session.tenant), drafts_seen(caller)
    row = await repository.get(scheme_id)
    if row.state != SchemeState.DRAFT or drafts is Drafts.ALL:
        return row
    if drafts is Drafts.CONSULTED and await repository.is_consulted(scheme_id):
        return row
    raise SchemeNotFound


async def visible_version(session: Tx, scheme_id: UUID, n: int, caller: Principal) -> VersionRow:
    await visible_scheme(session, scheme_id, caller)
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, n)
    if row.state == VersionState.PUBLISHED or drafts_seen(caller) is Drafts.ALL:
        return row
    if row.consulted_at is not None and drafts_seen(caller) is Drafts.CONSULTED:
        return row
    raise VersionNotFound
