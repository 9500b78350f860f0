"""The slice's router. One for all its files: a router inside a router would cost every request a further search."""

from app.core.http import make_router

router = make_router("communications")
