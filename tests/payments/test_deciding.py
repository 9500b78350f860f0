"""Who approves, rejects and releases a run, and who may not."""

from uuid import UUID

import pytest

from app.core.ids import new_id
from app.payments import service
from tests.factories.keys import key_from
from tests.factories.payments import Office
from tests.factories.people import add_post
from tests.factories.service import LivePlenary


async def test_three_people_take_a_run_to_its_release(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    etag = (await office.approver.get(f"/v1/payment-runs/{run_id}")).headers["ETag"]
    approved = await office.approver.post(f"/v1/payment-runs/{run_id}/approve", headers={"If-Match": etag})
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    released = await office.releaser.post(
        f"/v1/payment-runs/{run_id}/release", headers={"If-Match": approved.headers["ETag"]}
    )
    run = released.json()
    assert (run["state"], run["pay_by"]) == ("released", "2026-12-22")
    assert len({run["calculated_by"], run["approved_by"], run["released_by"]}) == 3


@pytest.mark.parametrize(("header", "status"), [(None, 428), ('"v999"', 412)])
async def test_decision_needs_the_version_that_was_read(shared: LivePlenary, header: str | None, status: int) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    headers = {"If-Match": header} if header else {}
    answer = await office.approver.post(f"/v1/payment-runs/{run_id}/approve", headers=headers)
    assert answer.status_code == status
    assert (await office.run(run_id))["state"] == "calculated"


async def test_one_person_with_three_keys_decides_once(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    person = await shared.make_person("Three Keys", tenant=office.tenant)
    keys = {
        role: await shared.as_role(role, tenant=office.tenant, person=person)
        for role in ("scheme_manager", "payments_approver", "payments_releaser")
    }
    office.manager = keys["scheme_manager"]
    run_id = await office.calculate()
    own = await office.decide(run_id, "approve", by=keys["payments_approver"])
    assert (own.status_code, own.json()["code"]) == (409, "payments.same_person")
    assert (await office.decide(run_id, "approve")).status_code == 200
    own = await office.decide(run_id, "release", by=keys["payments_releaser"])
    assert (own.status_code, own.json()["code"]) == (409, "payments.same_person")


@pytest.mark.parametrize("through", ["a role granted", "an address changed"])
async def test_whoever_gave_the_starter_a_role_or_an_address_has_started_the_run(
    shared: LivePlenary, through: str
) -> None:
    office = await Office.open(shared)
    starter = await shared.make_person("Signs In", tenant=office.tenant, email=f"s@{office.tenant}.example")
    person = await shared.make_person("Two Hats", tenant=office.tenant)
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant, person=person)
    other = await shared.as_role("commissioner_admin", tenant=office.tenant)
    giver = admin if through == "a role granted" else other
    grant = {"role": "scheme_manager", "person_id": str(starter)}
    assert (await giver.post("/v1/role-grants", json=grant)).status_code == 201
    if through == "an address changed":
        change = {"email": f"mine@{office.tenant}.example"}
        changed = await admin.patch(f"/v1/people/{starter}", json=change, headers={"If-Match": "*"})
        assert changed.status_code == 200, changed.text
    office.manager = await shared.as_role("scheme_manager", tenant=office.tenant, person=starter)
    approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    run_id = await office.calculate()
    own = await office.decide(run_id, "approve", by=approver)
    assert (own.status_code, own.json()["code"]) == (409, "payments.same_person")
    assert (await office.decide(run_id, "approve")).status_code == 200


@pytest.mark.parametrize("through", ["a key made", "a key rotated", "a key made by a key made"])
async def test_whoever_gave_the_starter_a_key_has_started_the_run(shared: LivePlenary, through: str) -> None:
    office = await Office.open(shared)
    person = await shared.make_person("Two Hats", tenant=office.tenant)
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant, person=person)
    approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    releaser = await shared.as_role("payments_releaser", tenant=office.tenant, person=person)
    maker = admin
    if through == "a key made by a key made":
        maker = shared.client(await key_from(admin, "commissioner_admin"))
    if through == "a key rotated":
        other = await shared.as_role("commissioner_admin", tenant=office.tenant)
        await key_from(other, "scheme_manager")
        made = (await admin.get("/v1/api-keys", params={"role": "scheme_manager"})).json()["data"][-1]
        secret = (await admin.post(f"/v1/api-keys/{made['id']}/rotate")).json()["key"]
    else:
        secret = await key_from(maker, "scheme_manager")
    office.manager = shared.client(secret)
    run_id = await office.calculate()
    own = await office.decide(run_id, "approve", by=approver)
    assert (own.status_code, own.json()["code"]) == (409, "payments.same_person")
    assert (await office.decide(run_id, "approve")).status_code == 200
    own = await office.decide(run_id, "release", by=releaser)
    assert (own.status_code, own.json()["code"]) == (409, "payments.same_person")
    assert (await office.decide(run_id, "release")).status_code == 200


async def test_whoever_approved_does_not_release(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    person = await shared.make_person("Two Keys", tenant=office.tenant)
    approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    releaser = await shared.as_role("payments_releaser", tenant=office.tenant, person=person)
    run_id = await office.calculate()
    assert (await office.decide(run_id, "approve", by=approver)).status_code == 200
    refused = await office.decide(run_id, "release", by=releaser)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.same_person")
    assert (await office.run(run_id))["state"] == "approved"


async def test_nobody_decides_about_a_practice_where_they_hold_a_post(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    person = await shared.make_person("Dr Both Sides", tenant=office.tenant)
    async with shared.session(office.tenant) as session:
        await add_post(session, person, office.practices[0])
    approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    releaser = await shared.as_role("payments_releaser", tenant=office.tenant, person=person)
    run_id = await office.calculate()
    for verb, by, body in (
        ("approve", approver, {}),
        ("reject", approver, {"reason": "Not enough."}),
        ("reject", releaser, {"reason": "Not enough."}),
    ):
        refused = await office.decide(run_id, verb, by=by, **body)
        assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice"), verb
    assert (await office.run(run_id))["state"] == "calculated"
    assert (await office.decide(run_id, "approve")).status_code == 200
    refused = await office.decide(run_id, "release", by=releaser)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice")
    assert (await office.run(run_id))["state"] == "approved"


async def test_a_post_that_ended_or_was_taken_back_since_the_period_began_still_counts(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    for start, change in (("2026-01-01", "end"), ("2026-11-22", "end"), ("2026-01-01", "move")):
        person = await shared.make_person(f"Dr {start} {change}", tenant=office.tenant)
        body = {"role": "gp", "practice": office.practices[0], "person_id": str(person), "from": start}
        post = f"/v1/posts/{(await admin.post('/v1/posts', json=body)).json()['id']}"
        if change == "end":
            assert (await admin.delete(post, headers={"If-Match": "*"})).status_code == 204
        else:
            moved = await admin.patch(post, json={"until": "2026-02-01"}, headers={"If-Match": "*"})
            assert moved.status_code == 200
        approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
        refused = await office.decide(run_id, "approve", by=approver)
        assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice"), (start, change)


async def test_a_post_that_ended_before_the_period_does_not_count(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    person = await shared.make_person("Dr Long Gone", tenant=office.tenant)
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    body = {"role": "gp", "practice": office.practices[0], "person_id": str(person)}
    posts = [body | {"from": "2026-01-01", "until": "2026-04-01"}, body | {"role": "nurse", "from": "2026-12-01"}]
    for post in posts:
        assert (await admin.post("/v1/posts", json=post)).status_code == 201
    approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    assert (await office.decide(run_id, "approve", by=approver)).status_code == 200


async def test_whoever_has_a_key_for_a_practice_does_not_decide_about_it(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    person = await shared.make_person("Dr Two Keys", tenant=office.tenant)
    # A post elsewhere hides nothing: every kind of tie is looked at.
    elsewhere = f"Z{new_id().hex[-6:].upper()}"
    await shared.make_practice(elsewhere, office.tenant)
    async with shared.session(office.tenant) as session:
        await add_post(session, person, elsewhere)
    await shared.make_key("practice_member", tenant=office.tenant, practice=office.practices[0], person=person)
    approver = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    refused = await office.decide(run_id, "approve", by=approver)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice")


async def test_released_run_cannot_be_rejected(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    refused = await office.decide(run_id, "reject", reason="Too late.")
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.run_not_open")


async def test_run_that_is_not_approved_cannot_be_released(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    refused = await office.decide(await office.calculate(), "release")
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.run_not_approved")


async def test_a_persons_copy_names_the_runs_they_decided_about(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    run = await office.run(run_id)
    async with shared.session(office.tenant) as session:
        copies = [await service.export_person(session, UUID(run[f"{verb}_by"])) for verb in ("calculated", "approved")]
    assert [copy["payment_runs"] for copy in copies] == [
        [{"run": run_id, "requested": run["created_at"]}],
        [{"run": run_id, "approved": run["approved_at"]}],
    ]
