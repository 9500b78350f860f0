"""What payees are called."""

from collections.abc import Collection

from app.core.db import Tx
from app.organisations import service as organisations
from app.payments.repository.suppliers import SupplierRepository


async def payee_names(session: Tx, codes: Collection[str]) -> dict[str, str]:
    """As the register has it; of those that it has not, as their confirmed supplier is called. One without a name is absent."""
    known = await organisations.organisation_names(session, sorted(codes))
    rest = set(codes) - known.keys()
    return known | await SupplierRepository(session, session.tenant).list_names(rest)
