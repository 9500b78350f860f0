"""HTTP of schemes, by noun. Each file adds its routes to the one router."""

# A request tries the routes in the order in which they were added, so the most used come first.
from app.schemes.router import claims, evidence, joining, versions  # noqa: F401 - importing adds their routes

# isort: split
from app.schemes.router import schemes  # noqa: F401

# isort: split
from app.schemes.router import claim_rules, preparing  # noqa: F401

# isort: split
from app.schemes.router import calculator, consultations, simulations, templates  # noqa: F401
from app.schemes.router.root import router

__all__ = ["router"]
