"""HTTP of payments: runs and decisions, statements, and what passes between us and the ledger. Each file adds its routes to
the one router.
"""

# A request tries the routes in the order in which they were added, so the most used come first.
from app.payments.router import runs, statements  # noqa: F401 - importing adds their routes

# isort: split
from app.payments.router import budgets, files, looking_back, owing, queries, sendings, settings, settlement, suppliers  # noqa: F401
from app.payments.router.root import router

__all__ = ["router"]
