"""HTTP of the organisations slice. Each file adds its routes to the one router."""

from app.organisations.router import (  # noqa: F401 - importing adds their routes
    changes,
    commissioners,
    histories,
    imports,
    localities,
    practices,
)
from app.organisations.router.root import router

__all__ = ["router"]
