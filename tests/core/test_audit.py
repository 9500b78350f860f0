"""The audit log over HTTP: newest first, by what it is about, and never changed."""

import asyncpg
import pytest

from tests.factories.service import LivePlenary


async def test_what_was_done_is_read_newest_first_and_by_subject(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    admin = await shared.as_role("commissioner_admin", tenant=code)
    key = (await admin.post("/v1/api-keys", json={"name": "A", "role": "auditor"})).json()
    await admin.delete(f"/v1/api-keys/{key['id']}", headers={"If-Match": "*"})
    auditor = await shared.as_role("auditor", tenant=code)
    entries = (await auditor.get("/v1/audit-entries", params={"subject": key["id"]})).json()["data"]
    assert [entry["action"] for entry in entries] == ["key.revoked", "key.created"]
    me = (await admin.get("/v1/me")).json()
    assert {entry["person_id"] for entry in entries} == {me["person"]["id"]}
    assert entries[1]["detail"] == {"role": "auditor", "boundary": "commissioner", "boundary_id": code}
    first = (await auditor.get("/v1/audit-entries", params={"limit": 1})).json()
    rest = (await auditor.get("/v1/audit-entries", params={"cursor": first["next_cursor"]})).json()
    assert [first["data"][0]["action"], rest["data"][0]["action"]] == ["key.revoked", "key.created"]
    created = (await auditor.get("/v1/audit-entries", params={"action": "key.created"})).json()["data"]
    assert [entry["subject"] for entry in created] == [key["id"]]


@pytest.mark.parametrize("login", ["app", "worker", "platform"])
@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
async def test_no_login_that_serves_can_change_it(shared: LivePlenary, login: str, statement: str) -> None:
    connection = await asyncpg.connect(shared.settings.asyncpg_url(login))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
