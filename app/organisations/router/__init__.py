"""HTTP of the organisations slice. Each file adds its routes to the one router."""

from app.organisations.router import practices  # noqa: F401 - importing adds its routes
from app.organisations.router.root import router

__all__ = ["router"]
