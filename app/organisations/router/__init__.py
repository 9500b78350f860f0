"""HTTP of the organisations slice. Each file adds its routes to the one router."""

# A request tries the routes in the order in which they were added, so the most used come first.
from app.organisations.router import practices  # noqa: F401 - importing adds their routes

# isort: split
from app.organisations.router import (  # noqa: F401
    changes,
    commissioners,
    histories,
    imports,
    localities,
)
from app.organisations.router.root import router

__all__ = ["router"]
