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
from app.schemes.values import VersionState

router = make_router("schemes")
DRAFTS = "schemes:drafts"
Number = Annotated[int, Path(ge=1, le=1_000_000)]


async def visible_scheme(session: Tx, scheme_id: UUID, caller: Principal) -> SchemeRow:
    """The scheme, unless it is a draft and the caller may not see drafts."""
    row = await SchemeRepository(session, session.tenant).get(scheme_id)
    if row.state == "draft" and not caller.has(DRAFTS):
        raise SchemeNotFound
    return row


async def visible_version(session: Tx, scheme_id: UUID, n: int, caller: Principal) -> VersionRow:
    await visible_scheme(session, scheme_id, caller)
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, n)
    if row.state == VersionState.DRAFT and not caller.has(DRAFTS):
        raise VersionNotFound
    return row
