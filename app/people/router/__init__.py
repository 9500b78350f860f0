"""HTTP of the people slice. Each file adds its routes to the one router."""

from app.people.router import people, posts, practices  # noqa: F401 - importing adds their routes
from app.people.router.root import router

__all__ = ["router"]
