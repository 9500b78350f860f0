"""Bodies and queries of routes whose document shows no example that fits; made for the world of whoever is meant."""

from collections.abc import Callable
from typing import Any

from tests.contracts.routes import Operation
from tests.factories.world import World


def a_fact(practice: str) -> dict[str, Any]:
    return {"external_id": "x", "practice": practice, "measure": "lead_session", "on": "2026-05-06", "value": "1"}


BODIES: dict[str, Callable[[World], Any]] = {
    "PATCH /v1/incentive-schemes/{scheme_id}": lambda _: {"title": "Changed"},
    # A correction of the time that the world's practice was there: the tag is that of the time.
    "PUT /v1/localities/{locality_id}/practices/{code}": lambda _: {"from": "2020-05-01", "until": "2021-04-01"},
    "PUT /v1/meetings/{meeting_id}/attendance": lambda _: {"attendance": []},
    "POST /v1/incentive-schemes/{scheme_id}/facts": lambda own: {"facts": [a_fact(own.practice)]},
    "POST /v1/issues/{issue_id}/support": lambda own: {"by": {"type": "practice", "id": own.practice}},
    "POST /v1/issues/{issue_id}/merge": lambda own: {"into": own.ids["/v1/issues/{issue_id}"]},
    "POST /v1/issues/{issue_id}/responses": lambda own: {
        "decision": "declined",
        "text": "No.",
        "practice": own.practice,
    },
    "POST /v1/patient-forums/{forum_id}/members": lambda own: {
        "name": "N",
        "practice": own.practice,
        "consent": {"given_on": "2026-10-01", "by": "paper"},
    },
}
QUERIES: dict[str, Callable[[World], dict[str, str]]] = {
    "GET /v1/incentive-schemes/{scheme_id}/entitlement": lambda own: {
        "practice": own.practice,
        "period": "2026-04-01/2026-07-01",
    }
}


def body_of(own: World, operation: Operation) -> Any:
    """A body for this call that names what is in that world, or the example that clients are shown."""
    if operation.method not in ("POST", "PUT", "PATCH"):
        return None
    made = BODIES.get(str(operation))
    return made(own) if made else operation.example
