"""HTTP of the organisations slice."""

from app.core.http import make_router

router = make_router("organisations")
