"""HTTP of the forums slice. Each file adds its routes to the one router."""

from app.forums.router import forums, issues  # noqa: F401 - importing adds their routes
from app.forums.router.root import router

__all__ = ["router"]
