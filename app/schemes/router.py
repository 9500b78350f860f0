"""HTTP of the schemes slice."""

from app.core.http import make_router

router = make_router("schemes")
