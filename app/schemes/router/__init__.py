"""HTTP of schemes, by noun."""

from app.core.http import make_router
from app.schemes.router import calculator, evidence, joining, schemes, versions

router = make_router("schemes")
for part in (evidence, joining, versions, schemes, calculator):
    router.include_router(part.router)
