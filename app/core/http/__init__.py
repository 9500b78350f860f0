"""HTTP as every slice uses it. Nothing else may subclass FastAPI's route."""

from app.core.http.admission import find_caller
from app.core.http.answers import CodeInAddress, PageModel, StrictModel, accepted, left_out, paged
from app.core.http.bodies import posted_text
from app.core.http.conditional import MayMatch, MustMatch
from app.core.http.route import PlenaryRoute, asks_first, make_router
from app.core.http.services import Figure, Services, Serving

__all__ = [
    "CodeInAddress",
    "Figure",
    "MayMatch",
    "MustMatch",
    "PageModel",
    "PlenaryRoute",
    "Services",
    "Serving",
    "StrictModel",
    "accepted",
    "asks_first",
    "find_caller",
    "left_out",
    "make_router",
    "paged",
    "posted_text",
]
