"""HTTP of the learning slice."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.http import Serving, make_router, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.learning import rules, schemas
from app.learning.repository import CpdRepository

router = make_router("learning")


@router.get("/v1/me/cpd")
async def list_my_cpd(
    params: Annotated[PageParams, Query()],
    caller: Annotated[Principal, require("learning:own")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.CpdPage:
    """Your own CPD hours, from the meetings you attended. Nobody else can read them here."""
    repository = CpdRepository(session, session.tenant)
    person_id = caller.require_person()
    page = await repository.list_page(person_id, params=params, cursors=serving.cursors)
    shown = page.map(
        lambda row: schemas.CpdEntry(
            id=row.id, title=row.title, on=row.on, minutes=row.minutes, hours=rules.hours_text(row.minutes)
        )
    )
    total = rules.hours_text(await repository.sum_minutes(person_id))
    return paged(request, response, shown) | {"total_hours": total}
