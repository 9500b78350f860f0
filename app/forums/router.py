"""HTTP of the forums slice."""

from app.core.http import make_router

router = make_router("forums")
