"""HTTP of communications: announcements, deliveries, feeds, the inbox, today, webhooks. Each file adds its routes to the one router."""

# A request tries the routes in the order in which they were added, so the most used come first.
from app.communications.router import (  # noqa: F401 - importing adds their routes
    announcements,
    channels,
    deliveries,
    feeds,
    hooks,
    inbox,
    links,
    must_read,
    newsletters,
    push,
    teams,
    templates,
    today,
    webhooks,
)
from app.communications.router.links import error_page
from app.communications.router.root import router

# Addresses that people open from their mail.
ERROR_PAGES = {"/a/": error_page, "/u/": error_page}

__all__ = ["ERROR_PAGES", "router"]
