"""What payees are called, and which of them nobody knows."""

from collections.abc import Collection
from datetime import datetime

from app.calculation.service import organisations_paid, parse_definition
from app.core.db import Tx
from app.organisations import service as organisations
from app.payments.repository.suppliers import SupplierRepository
from app.schemes.values import VersionRef


async def payee_names(session: Tx, codes: Collection[str]) -> dict[str, str]:
    """As the register has it; of those that it has not, as their confirmed supplier is called. One without a name is absent."""
    known = await organisations.organisation_names(session, sorted(codes))
    rest = set(codes) - known.keys()
    return known | await SupplierRepository(session, session.tenant).list_names(rest)


async def unknown_payees(session: Tx, version: VersionRef, *, known_at: datetime | None = None) -> frozenset[str]:
    """Organisations that the version pays and that nobody knows, or knew by then."""
    paid = organisations_paid(parse_definition(version.definition))
    return await unknown_organisations(session, paid, known_at=known_at)


async def unknown_organisations(
    session: Tx, codes: frozenset[str], *, known_at: datetime | None = None
) -> frozenset[str]:
    """Those that neither the register nor a confirmed supplier knows, or knew by then; the register is as it is now."""
    known = await organisations.organisation_names(session, sorted(codes)) if codes else {}
    rest = codes - known.keys()
    # The register has practices and commissioners; an out-of-hours provider may be known as a supplier alone.
    return rest - await SupplierRepository(session, session.tenant).list_organisations(rest, known_at=known_at)
