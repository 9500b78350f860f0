"""Who am I."""

from tests.factories.service import LivePlenary


async def test_a_practice_managers_key_says_who_where_and_what(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    person = await shared.make_person("Amira Khan", tenant=code)
    client = await shared.as_role("practice_manager", tenant=code, practice="ZZ0900", person=person)
    answer = await client.get("/v1/me")
    me = answer.json()
    assert answer.status_code == 200
    assert me["person"] == {"id": str(person), "name": "Amira Khan", "email": "amira.khan@example.nhs.uk"}
    assert (me["role"], me["boundary"]) == ("practice_manager", {"type": "practice", "id": "ZZ0900"})
    assert me["commissioner"] == {"code": code, "name": f"NHS {code}", "kind": "sub_icb_location"}
    assert "facts:enter" in me["scopes"]
    assert "payments:release" not in me["scopes"]


async def test_the_platforms_key_belongs_to_the_platform_and_to_nobody(shared: LivePlenary) -> None:
    me = (await (await shared.as_role("platform_admin", tenant="PLATFORM")).get("/v1/me")).json()
    assert me["person"] is None
    assert (me["commissioner"]["code"], me["boundary"]) == ("PLATFORM", {"type": "platform", "id": None})


async def test_a_key_used_for_another_commissioner_than_its_own_is_refused(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    client = await shared.as_role("auditor", tenant=code)
    refused = await client.get("/v1/me", headers={"Plenary-Commissioner": "ELSEWHERE"})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.choose_commissioner")
    assert (await client.get("/v1/me", headers={"Plenary-Commissioner": code})).status_code == 200
