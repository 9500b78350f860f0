"""From an announcement to mails, inboxes and counts."""

from email import message_from_bytes
from email.policy import default

import pytest

from tests.factories.communications import announcement, delivery_rows, give_mailbox, give_post, outbox
from tests.factories.service import LivePlenary


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    """Two practices: one with a lead and a manager, one with a shared mailbox alone."""
    code = await shared.fresh_tenant()
    first, second = practices(code)
    for practice in (first, second):
        await shared.make_practice(practice, code)
    lead = await shared.make_person("Ann Lead", tenant=code, email=f"ann@{code.lower()}.example")
    manager = await shared.make_person("Bob Manager", tenant=code, email=f"bob@{code.lower()}.example")
    await give_post(shared, code, lead, "named_lead", practice=first)
    await give_post(shared, code, manager, "practice_manager", practice=first)
    await give_mailbox(shared, code, second, f"surgery@{code.lower()}.example")
    return code


def practices(tenant: str) -> tuple[str, str]:
    return f"{tenant}A", f"{tenant}B"


async def test_announcement_becomes_mails_named_by_their_deliveries(shared, tenant):
    editor = await shared.as_role("editor", tenant=tenant)
    before = set(outbox(shared))
    accepted = await editor.post("/v1/announcements", json=announcement())
    assert accepted.status_code == 202, accepted.text
    body = accepted.json()
    assert body["status"] == "queued"
    await shared.work()
    operation = (await editor.get(f"/v1/operations/{body['id']}")).json()
    assert (operation["status"], operation["progress"]) == ("succeeded", {"done": 2, "total": 2})
    rows = await delivery_rows(shared, tenant)
    assert {row["address"].split("@")[0]: row["state"] for row in rows} == {"ann": "sent", "surgery": "sent"}
    files = {file.stem: file for file in set(outbox(shared)) - before}
    assert set(files) == {str(row["id"]) for row in rows}
    mail = message_from_bytes(files[str(rows[0]["id"])].read_bytes(), policy=default)
    assert mail["Subject"] == "Protected learning time in June"
    assert "<strong>10 June</strong>" in mail.get_body(("html",)).get_content()
    shown = (await editor.get(f"/v1/announcements/{body['result']['announcement']}")).json()
    assert shown["counts"] == {
        "recipients": 2,
        "mailboxes": 1,
        "queued": 0,
        "sent": 2,
        "delivered": 0,
        "failed": 0,
        "suppressed": 0,
        "in_doubt": 0,
        "acknowledged": 0,
    }
