"""HTTP of the people slice."""

from app.core.http import make_router

router = make_router("people")
