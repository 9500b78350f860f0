"""The slice's router, one for all its files, and who sees a scheme."""

from uuid import UUID

from app.core.db import Tx
from app.core.http import make_router
from app.core.principal import Principal
from app.schemes.errors import SchemeNotFound
from app.schemes.repository.schemes import SchemeRepository
from app.schemes.tables import SchemeRow

router = make_router("schemes")
DRAFTS = "schemes:drafts"


async def visible_scheme(session: Tx, scheme_id: UUID, caller: Principal) -> SchemeRow:
    """The scheme, unless it is a draft and the caller may not see drafts."""
    row = await SchemeRepository(session, session.tenant).get(scheme_id)
    if row.state == "draft" and not caller.has(DRAFTS):
        raise SchemeNotFound
    return row
