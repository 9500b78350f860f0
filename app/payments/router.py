"""HTTP of the payments slice."""

from app.core.http import make_router

router = make_router("payments")
