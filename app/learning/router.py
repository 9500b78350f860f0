"""HTTP of the learning slice."""

from app.core.http import make_router

router = make_router("learning")
