"""HTTP of the meetings slice."""

from app.core.http import make_router

router = make_router("meetings")
