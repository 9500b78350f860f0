"""Tenants are made by the platform, and find their practices at once."""

from app.core.ids import new_id
from tests.factories.service import LivePlenary


async def test_a_new_tenant_has_the_practices_that_the_register_gives_it(shared: LivePlenary):
    admin = await shared.as_role("platform_admin", tenant="PLATFORM")
    code = f"ZN{new_id().hex[-4:].upper()}"
    await shared.make_practice("ZZN001", code)
    body = {"code": code, "name": "NHS New", "kind": "sub_icb_location"}
    made = await admin.post("/v1/commissioners", json=body)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in body} == body
    for address in (made.headers["location"], f"/v1/commissioners/{code}"):
        found = await admin.get(address)
        assert (found.json(), found.headers["etag"]) == (made.json(), made.headers["etag"])
    rows = await shared.fetch(
        "SELECT code FROM published.practice WHERE commissioner_id = $1", made.json()["id"], tenant=made.json()["id"]
    )
    assert [row["code"] for row in rows] == ["ZZN001"]


async def test_a_code_is_given_once(shared: LivePlenary):
    admin = await shared.as_role("platform_admin", tenant="PLATFORM")
    body = {"code": await shared.fresh_tenant(), "name": "NHS Again", "kind": "ccg"}
    answer = await admin.post("/v1/commissioners", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "organisations.commissioner_exists")


async def test_what_no_commissioner_can_be_is_refused(shared: LivePlenary):
    admin = await shared.as_role("platform_admin", tenant="PLATFORM")
    for member, value in (("code", "no spaces"), ("kind", "platform"), ("name", "")):
        body = {"code": "ZZREFUSED", "name": "NHS Refused", "kind": "ccg"} | {member: value}
        answer = await admin.post("/v1/commissioners", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{member}")
    assert (await admin.get("/v1/commissioners/ZZREFUSED")).status_code == 404


async def test_the_list_pages_by_code_and_leaves_out_the_platform(shared: LivePlenary):
    admin = await shared.as_role("platform_admin", tenant="PLATFORM")
    made = {await shared.fresh_tenant(kind="place") for _ in range(3)}
    codes, params = [], {"kind": "place", "limit": "2"}
    while True:
        page = (await admin.get("/v1/commissioners", params=params)).json()
        codes += [row["code"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert codes == sorted(codes)
    assert made <= set(codes)
    assert (await admin.get("/v1/commissioners/PLATFORM")).status_code == 404


async def test_a_commissioner_may_not_make_tenants(shared: LivePlenary):
    client = await shared.as_role("commissioner_admin", tenant=await shared.fresh_tenant())
    body = {"code": "ZZSELF", "name": "NHS Self", "kind": "ccg"}
    assert (await client.post("/v1/commissioners", json=body)).status_code == 403
