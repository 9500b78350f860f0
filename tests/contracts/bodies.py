"""Bodies and queries of routes whose document shows no example that fits; made for the world of whoever is meant."""

from collections.abc import Callable
from typing import Any

from app.access.values import Role
from tests.contracts.routes import Operation
from tests.factories.world import World


def a_fact(practice: str) -> dict[str, Any]:
    return {"external_id": "x", "practice": practice, "measure": "lead_session", "on": "2026-05-06", "value": "1"}


SUPPLIER = {"supplier_number": "1004711", "site": "MAIN", "reason": "Set up by accounts payable."}
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
    },
    "GET /v1/incentive-schemes/{scheme_id}/statement": lambda own: {"practice": own.practice},
    "GET /v1/incentive-schemes/{scheme_id}/claims/template": lambda _: {"period": "2026-04-01/2026-07-01"},
    "POST /v1/incentive-schemes/{scheme_id}/claims/bulk": lambda _: {"period": "2026-04-01/2026-07-01"},
}


def body_of(own: World, operation: Operation) -> Any:
    """A body for this call that names what is in that world, or the example that clients are shown."""
    if operation.method not in ("POST", "PUT", "PATCH"):
        return None
    made = BODIES.get(str(operation))
    return made(own) if made else operation.example


def bodies_that_name(mine: World, strangers: World) -> list[tuple[Role, str, dict[str, Any]]]:
    """Calls to the stranger's own addresses whose body or query names something of mine."""
    person = mine.ids["/v1/people/{person_id}"]
    practice = {"type": "practice", "id": mine.practice}
    scheme = strangers.fill("/v1/incentive-schemes/{scheme_id}")
    signatory = {"name": "Dr Ada Wren", "capacity": "contract_holder"}
    period = {"from": "2026-07-01", "until": "2026-10-01"}
    meeting = {
        "title": "T",
        "purpose": "P",
        "level": "commissioner",
        "starts_at": "2026-11-12T13:00:00Z",
        "ends_at": "2026-11-12T17:00:00Z",
        "scheme": str(mine.office.scheme),
        "measure": "lead_session",
    }
    news = {"title": "T", "body_markdown": "B"}
    to_person = {"person_id": person, "practice": strangers.practice, "role": "gp", "from": "2026-04-01"}
    to_practice = {"person": {"name": "N", "email": "n@n.example"}, "practice": mine.practice, "role": "gp"}
    return [
        (Role.SCHEME_MANAGER, "/v1/payment-runs", {"scheme": str(mine.office.scheme), "period": period}),
        (
            Role.PRACTICE_LEAD,
            "/v1/claims",
            {"scheme": str(mine.office.scheme), "practice": mine.practice, "period": period},
        ),
        (Role.COMMISSIONER_ADMIN, "/v1/api-keys", {"name": "K", "role": "editor", "person_id": person}),
        (Role.COMMISSIONER_ADMIN, "/v1/api-keys", {"name": "K", "role": "intranet", "boundary": practice}),
        (Role.COMMISSIONER_ADMIN, "/v1/api-keys", {"name": "K", "role": "auditor", "commissioner": mine.tenant}),
        (Role.COMMISSIONER_ADMIN, "/v1/role-grants", {"role": "editor", "person_id": person}),
        (Role.ENGAGEMENT_LEAD, "/v1/meetings", meeting),
        (Role.SCHEME_MANAGER, f"{scheme}/offers", {"practices": [mine.practice], "respond_by": "2026-12-31"}),
        (
            Role.SCHEME_MANAGER,
            f"{scheme}/sign-ups",
            {"sign_ups": [{"practice": mine.practice, "signed_on": "2026-04-03", "signatory": signatory}]},
        ),
        (Role.SCHEME_MANAGER, f"{scheme}/facts", {"facts": [a_fact(mine.practice)]}),
        (Role.SCHEME_MANAGER, "/v1/suppliers", SUPPLIER | {"payee": {"type": "practice", "code": mine.practice}}),
        (
            Role.FORUM_COORDINATOR,
            "/v1/patient-forums",
            {"name": "F", "level": "practice", "practice": mine.practice},
        ),
        (
            Role.FORUM_COORDINATOR,
            "/v1/patient-forums",
            {"name": "F", "level": "locality", "locality_id": mine.ids["/v1/localities/{locality_id}"]},
        ),
        (
            Role.FORUM_COORDINATOR,
            "/v1/issues",
            {
                "title": "T",
                "body": "B",
                "raised_by": {"type": "forum", "id": mine.ids["/v1/patient-forums/{forum_id}"]},
            },
        ),
        (
            Role.FORUM_COORDINATOR,
            strangers.fill("/v1/issues/{issue_id}/merge"),
            {"into": mine.ids["/v1/issues/{issue_id}"]},
        ),
        (
            Role.FORUM_COORDINATOR,
            strangers.fill("/v1/patient-forums/{forum_id}/members"),
            {"name": "N", "practice": mine.practice, "consent": {"given_on": "2026-10-01", "by": "paper"}},
        ),
        (Role.COMMISSIONER_ADMIN, "/v1/posts", to_person),
        (Role.COMMISSIONER_ADMIN, "/v1/posts", to_practice | {"from": "2026-04-01"}),
        (Role.EDITOR, "/v1/announcements", news | {"audience": {"practices": [mine.practice]}}),
        (
            Role.EDITOR,
            "/v1/announcements",
            news | {"audience": {"localities": [mine.ids["/v1/localities/{locality_id}"]]}},
        ),
        (
            Role.COMMISSIONER_ADMIN,
            "/v1/api-keys",
            {
                "name": "K",
                "role": "intranet",
                "boundary": {"type": "locality", "id": mine.ids["/v1/localities/{locality_id}"]},
            },
        ),
        (Role.EDITOR, "/v1/announcements", news | {"audience": {"scheme": str(mine.office.scheme)}}),
    ]
