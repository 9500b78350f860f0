"""HTTP of payments: runs and decisions, statements, and what passes between us and the ledger."""

from app.core.http import make_router
from app.payments.router import runs, settlement, statements

router = make_router("payments")
for part in (runs, statements, settlement):
    router.include_router(part.router)
