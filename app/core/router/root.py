"""The one router of the platform's own routes."""

from app.core.http import make_router

router = make_router("platform")
