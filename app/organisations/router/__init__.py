"""HTTP of the organisations slice. Each file adds its routes to the one router."""

from app.organisations.router import (  # noqa: F401 - importing adds their routes
    commissioners,
    histories,
    imports,
    practices,
)
from app.organisations.router.root import router

__all__ = ["router"]
