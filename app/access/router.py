"""HTTP of the access slice."""

from app.core.http import make_router

router = make_router("access")
