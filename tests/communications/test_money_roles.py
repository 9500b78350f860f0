"""A role that decides about money is announced to those who hold one and to the auditors."""

from app.core.ids import new_id
from tests.factories.communications import delivery_rows
from tests.factories.service import LivePlenary


async def test_auditors_and_money_roles_are_told_once_and_nobody_else_is(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    people = {}
    for role in ("auditor", "payments_releaser", "editor"):
        people[role] = await shared.make_person(f"{role} {new_id().hex[-4:]}", tenant=code)
        await shared.make_key(role, tenant=code, person=people[role])
    other = await shared.fresh_tenant()
    await shared.make_key("payments_releaser", tenant=other)
    platform = await shared.as_role("platform_admin", tenant="PLATFORM")
    body = {
        "name": "Approver",
        "role": "payments_approver",
        "person": {"name": "Amira Khan", "email": f"amira@{code}.example"},
        "commissioner": code,
    }
    key = (await platform.post("/v1/api-keys", json=body)).json()
    await shared.work()
    rows = await delivery_rows(shared, code, "message_id IN (SELECT id FROM message WHERE source = 'money_role')")
    told = {str(row["person_id"]) for row in rows if row["commissioner_id"] == shared.tenants[code]}
    assert told == {str(people["auditor"]), str(people["payments_releaser"]), key["person_id"]}
    assert len(rows) == 3
    assert {row["state"] for row in rows} == {"sent"}
    reader = await shared.as_role("payments_releaser", tenant=code, person=people["payments_releaser"])
    [message] = (await reader.get("/v1/me/inbox")).json()["data"]
    assert "Amira Khan" in str(message)
