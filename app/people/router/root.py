"""The slice's router, one for all its files, and what they share."""

from datetime import date
from typing import Annotated

from app.core.auth import require
from app.core.db import Tx
from app.core.errors import Forbidden, PreconditionFailed, PreconditionRequired
from app.core.http import make_router
from app.core.principal import Principal
from app.organisations import service as organisations
from app.organisations.errors import LocalityNotFound, PracticeNotFound
from app.people.repository import (
    Reach,
)

router = make_router("people")
Reader = Annotated[Principal, require("people:read")]
Keeper = Annotated[Principal, require("people:write")]
PostKeeper = Annotated[Principal, require("posts:write")]
MATCH_ERRORS = (PreconditionFailed, PreconditionRequired)
PLACE_ERRORS = (PracticeNotFound, LocalityNotFound, Forbidden)


async def reach_of(session: Tx, caller: Principal, on: date) -> Reach:
    """People of the practices within the caller's boundaries, listed ones above practices, and always oneself."""
    codes = await organisations.reachable(session, caller, "people:read", on=on)
    return Reach(codes, caller.person_id, on)
