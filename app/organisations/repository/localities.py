"""Localities of a tenant."""

from app.core.repository import TenantRepository
from app.organisations.errors import LocalityNotFound
from app.organisations.tables import Locality


class LocalityRepository(TenantRepository[Locality]):
    table = Locality
    missing = LocalityNotFound
