"""HTTP of the communications slice."""

from app.core.http import make_router

router = make_router("communications")
