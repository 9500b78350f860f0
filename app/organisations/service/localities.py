"""Localities, as other slices ask about them."""

from uuid import UUID

from app.core.db import Tx
from app.organisations.repository.localities import LocalityRepository
from app.organisations.values import LocalityRef


async def get_locality(session: Tx, locality_id: UUID) -> LocalityRef:
    row = await LocalityRepository(session, session.tenant).get(locality_id)
    return LocalityRef(row.id, row.code, row.name)
