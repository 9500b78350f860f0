"""HTTP of schemes, by noun."""

from app.core.http import make_router

router = make_router("schemes")
