"""Names and titles that get into the head of a message are refused where they come in, not when the mail is sent."""

import pytest

from app.access.values import Role
from tests.factories.schemes_over_http import SCHEME
from tests.factories.service import LivePlenary

BAD = "Lead\r\nBcc: everybody@example.org"
MEETING = {
    "purpose": "Hear",
    "level": "commissioner",
    "starts_at": "2026-12-03T18:00:00Z",
    "ends_at": "2026-12-03T19:30:00Z",
}
ANNOUNCEMENT = {"body_markdown": "Words.", "audience": {"roles": ["gp"]}}


@pytest.mark.parametrize(
    ("role", "path", "body", "pointer"),
    [
        (Role.SCHEME_MANAGER, "/v1/incentive-schemes", SCHEME | {"title": BAD}, "/title"),
        (Role.ENGAGEMENT_LEAD, "/v1/meetings", MEETING | {"title": BAD}, "/title"),
        (Role.FORUM_COORDINATOR, "/v1/patient-forums", {"name": BAD, "level": "commissioner"}, "/name"),
        (Role.COMMISSIONER_ADMIN, "/v1/people", {"name": BAD}, "/name"),
        (Role.COMMISSIONER_ADMIN, "/v1/localities", {"code": "north", "name": BAD}, "/name"),
        (Role.COMMISSIONER_ADMIN, "/v1/api-keys", {"name": BAD, "role": "auditor"}, "/name"),
        (Role.EDITOR, "/v1/announcements", ANNOUNCEMENT | {"title": BAD}, "/title"),
    ],
)
async def test_a_name_of_two_lines_or_of_nothing_seen_is_refused(
    shared: LivePlenary, role: Role, path: str, body: dict, pointer: str
) -> None:
    client = await shared.as_role(role, tenant=await shared.fresh_tenant())
    for text, code in ((BAD, "not_one_line"), ("Lead\u202egpj", "not_one_line"), ("\u3164", "blank"), (" ", "blank")):
        refused = await client.post(path, json=body | {pointer[1:]: text})
        found = [(each["pointer"], each["code"]) for each in refused.json()["errors"]]
        assert found == [(pointer, code)], text
