"""HTTP of the platform itself. Each file adds its routes to the one router."""

# A request tries the routes in the order in which they were added, and the published document lists them so.
from app.core.router import health, operations  # noqa: F401 - importing adds their routes

# isort: split
from app.core.router import changes  # noqa: F401

# isort: split
from app.core.router import audit, jobs  # noqa: F401
from app.core.router.root import router

__all__ = ["router"]
