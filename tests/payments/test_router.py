"""Runs over HTTP, worked out by the payments worker: from the request to the ledger's answer."""

import csv
import io
from datetime import date
from uuid import UUID

import pytest

from app.core.clock import Period
from app.core.ids import new_id
from app.payments import service
from tests.factories import schemes
from tests.factories.keys import key_from
from tests.factories.organisations import make_list_size
from tests.factories.payments import Office
from tests.factories.people import add_post
from tests.factories.service import LivePlenary

SECOND_QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1))


async def test_run_is_accepted_and_then_worked_out(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    accepted = await office.request()
    assert accepted.status_code == 202
    assert accepted.headers["Location"] == f"/v1/operations/{accepted.json()['id']}"
    run_id = accepted.json()["result"]["payment_run"]
    assert (await office.run(run_id))["state"] == "calculating"
    await shared.work()
    run = await office.run(run_id)
    assert (run["state"], run["practices"], run["lines"], run["total"]) == ("calculated", 2, 2, "5500.00")
    assert run["version"] == 1
    assert len(run["inputs_digest"]) == len(run["outputs_digest"]) == 64
    operation = (await office.manager.get(accepted.headers["Location"])).json()
    assert (operation["status"], operation["progress"]) == ("succeeded", {"done": 2, "total": 2})


async def test_statement_explains_each_line_and_its_payments_add_up(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.calculate()
    statement = await office.statement(run_id, office.practices[0])
    (line,) = statement["lines"]
    (payment,) = statement["payments"]
    assert (line["amount"], line["kind"], line["quantity"], line["rate"]) == ("2500.00", "entitlement", "5000", "2.00")
    assert line["sentence"].endswith("a quarter of it is 2,500.00.")
    assert line["workings"]["value"] == "2500.00"
    assert line["reference"] == f"{statement['reference']}-1"
    name = f"Surgery {office.practices[0]}"
    assert payment["payee"] == {"type": "practice", "code": office.practices[0], "name": name}
    assert (statement["total"], payment["total"], payment["payable"]) == ("2500.00", "2500.00", "2500.00")
    assert payment["paid_on"] is None


async def test_an_organisation_is_paid_by_the_name_that_the_register_has_for_it(shared: LivePlenary) -> None:
    provider, unknown = f"X{new_id().hex[-5:].upper()}", f"X{new_id().hex[-5:].upper()}"
    await shared.make_practice(provider, await shared.fresh_tenant(), name="Night Doctors")
    cover = [
        {"type": "fixed", "id": name, "amount": "10.00", "payee": {"type": "organisation", "code": code}}
        for name, code in (("cover", provider), ("transport", unknown))
    ]
    definition = {"language": 1, "pay": {"type": "sum", "of": cover}}
    office = await Office.open(shared, lists=("5000",), definition=definition)
    statement = await office.statement(await office.calculate(), office.practices[0])
    names = {payment["payee"]["code"]: payment["payee"]["name"] for payment in statement["payments"]}
    assert names == {provider: "Night Doctors", unknown: None}


async def test_statements_are_hidden_while_the_run_is_worked_out(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = (await office.request()).json()["result"]["payment_run"]
    listed = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()
    assert listed["data"] == []
    await shared.work()
    listed = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements", params={"count": "exact"})).json()
    assert [each["practice"] for each in listed["data"]] == office.practices
    assert listed["total"] == 2


async def test_second_run_of_a_scheme_waits_for_the_first(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    refused = await office.request(SECOND_QUARTER)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.run_open")
    assert refused.json()["detail"] == (
        f"The run {run_id} from 2026-04-01 until 2026-07-01 is calculated: approve and release it, or reject it."
    )
    assert (await office.decide(run_id, "reject", reason="Lists are late.")).status_code == 200
    assert (await office.request(SECOND_QUARTER)).status_code == 202
    await shared.work()


async def test_period_that_overlaps_an_earlier_runs_is_refused(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await office.pay()
    refused = await office.request(Period(date(2026, 6, 1), date(2026, 8, 1)))
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.overlapping_period")
    assert (await office.request(SECOND_QUARTER)).status_code == 202
    await shared.work()


async def test_rejected_run_does_not_bind_the_periods_of_later_ones(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await office.decide(await office.calculate(), "reject", reason="Wrong period.")
    assert (await office.request(Period(date(2026, 4, 1), date(2026, 5, 1)))).status_code == 202
    await shared.work()


async def test_period_that_no_version_covers_is_refused(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    refused = await office.request(Period(date(2027, 4, 1), date(2027, 7, 1)))
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.no_version")


async def test_broken_month_is_refused_before_any_work(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    refused = await office.request(Period(date(2026, 7, 1), date(2026, 9, 30)))
    assert (refused.status_code, refused.json()["code"]) == (422, "payments.period_not_payable")
    (error,) = refused.json()["errors"]
    assert error["code"] == "calculation.broken_month"
    assert "a period that ends with 30 September is written until 1 October" in error["detail"]


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


async def test_same_run_again_has_the_same_digests(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    first = await office.run(await office.calculate())
    await office.decide(first["id"], "reject", reason="Once more.")
    second = await office.run(await office.calculate())
    assert first["id"] != second["id"]
    assert first["inputs_digest"] == second["inputs_digest"]
    assert first["outputs_digest"] == second["outputs_digest"]


async def test_what_a_period_cannot_see_leaves_its_inputs_as_they_were(shared: LivePlenary) -> None:
    gated = {**schemes.LEAD["pay"], "then": schemes.PER_HEAD["pay"]}
    office = await Office.open(shared, definition={**schemes.PER_HEAD, "pay": gated}, lists=("5000",))
    person = await shared.make_person("Lead", tenant=office.tenant)
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    body = {"role": "named_lead", "practice": office.practices[0], "person_id": str(person), "from": "2026-04-01"}
    post = f"/v1/posts/{(await admin.post('/v1/posts', json=body)).json()['id']}"
    first = await office.run(await office.calculate())
    await office.decide(first["id"], "reject", reason="Once more.")
    await make_list_size(shared, office.practices[0], as_at=date(2026, 7, 1), registered="9000")
    moved = await admin.patch(post, json={"until": "2026-10-01"}, headers={"If-Match": "*"})
    assert moved.status_code == 200
    second = await office.run(await office.calculate())
    assert (second["total"], second["inputs_digest"]) == ("2500.00", first["inputs_digest"])


async def test_late_fact_of_a_paid_period_becomes_an_adjustment(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS)
    first, _ = office.practices
    await office.record(schemes.a_fact(first, "f1", date(2026, 4, 8)))
    paid = await office.pay()
    assert (await office.statement(paid, first))["total"] == "300.00"
    await office.record(schemes.a_fact(first, "f2", date(2026, 5, 6)))
    later = await office.statement(await office.calculate(SECOND_QUARTER), first)
    assert [(line["kind"], line["period"]["from"], line["amount"]) for line in later["lines"]] == [
        ("entitlement", "2026-07-01", "0.00"),
        ("adjustment", "2026-04-01", "300.00"),
    ]
    assert later["lines"][1]["sentence"].startswith("Adjustment from 1 April 2026 to 30 June 2026: 600.00 is due")


async def test_period_that_has_not_changed_brings_no_adjustment(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await office.pay()
    later = await office.run(await office.calculate(SECOND_QUARTER))
    assert (later["lines"], later["total"]) == (2, "5500.00")


async def test_second_run_of_a_released_period_holds_differences_only(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS)
    first, second = office.practices
    await office.record(schemes.a_fact(first, "f1", date(2026, 4, 8)))
    await office.pay()
    await office.record(schemes.a_fact(second, "f2", date(2026, 4, 8)))
    run_id = await office.pay()
    run = await office.run(run_id)
    assert (run["practices"], run["lines"], run["total"]) == (1, 1, "300.00")
    assert (await office.statement(run_id, second))["lines"][0]["kind"] == "adjustment"
    nothing = await office.run(await office.calculate())
    assert (nothing["state"], nothing["practices"], nothing["total"]) == ("calculated", 0, "0.00")


async def test_withdrawn_session_is_taken_back_from_the_next_payment(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS, lists=("5000",))
    (practice,) = office.practices
    await office.record(*(schemes.a_fact(practice, f"a{n}", date(2026, 4, n)) for n in (7, 8)))
    await office.pay()
    await office.record(*(schemes.a_fact(practice, f"a{n}", date(2026, 4, n), None) for n in (7, 8)))
    clawback = await office.pay(SECOND_QUARTER)
    payment = (await office.statement(clawback, practice))["payments"][0]
    assert (payment["total"], payment["payable"], payment["carried_forward"]) == ("-600.00", "0.00", "-600.00")
    file = (await office.manager.get(f"/v1/payment-runs/{clawback}/file", params={"format": "json"})).json()
    assert file["control"] == {"count": 0, "total": "0.00"}
    third = Period(date(2026, 10, 1), date(2027, 1, 1))
    await office.record(*(schemes.a_fact(practice, f"b{n}", date(2026, n, 1)) for n in (10, 11, 12)))
    payment = (await office.statement(await office.calculate(third), practice))["payments"][0]
    assert (payment["total"], payment["brought_forward"], payment["payable"]) == ("900.00", "-600.00", "300.00")


async def test_missing_list_blocks_a_line_and_an_unconfirmed_fact_is_listed(shared: LivePlenary) -> None:
    definition = {
        **schemes.SESSIONS,
        "measures": {**schemes.PER_HEAD["measures"], **schemes.SESSIONS["measures"]},
        "pay": {"type": "sum", "of": [schemes.PER_HEAD["pay"], schemes.SESSIONS["pay"]]},
    }
    office = await Office.open(shared, definition=definition, lists=(None,))
    await office.record(schemes.a_fact(office.practices[0], "f1", date(2026, 4, 8)), confirmed=False)
    run_id = await office.calculate()
    statement = await office.statement(run_id, office.practices[0])
    assert [(line["amount"], line["blocked"]) for line in statement["lines"]] == [("0.00", True), ("0.00", False)]
    assert (statement["total"], statement["payments"]) == ("0.00", [])
    assert "8 April 2026" in statement["notes"][0]


async def test_file_has_control_totals_and_only_for_released_runs(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    early = await office.manager.get(f"/v1/payment-runs/{run_id}/file")
    assert (early.status_code, early.json()["code"]) == (409, "payments.run_not_released")
    await office.release(run_id)
    answer = await office.manager.get(f"/v1/payment-runs/{run_id}/file", params={"format": "csv"})
    *payments, control = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert [row["practice"] for row in payments] == office.practices
    assert (control["count"], control["amount"]) == ("2", "5500.00")
    again = await office.manager.get(f"/v1/payment-runs/{run_id}/file", params={"format": "csv"})
    assert again.content == answer.content
    assert (await office.manager.get(f"/v1/payment-runs/{run_id}/file?format=oracle-ap")).status_code == 422


async def test_acknowledgements_close_the_run_and_loading_them_twice_changes_nothing(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    url = f"/v1/payment-runs/{run_id}/acknowledgements"
    first, second = await office.references(run_id)
    accepted = {"acknowledgements": [{"payment": first, "outcome": "accepted"}]}
    assert (await office.releaser.post(url, json=accepted)).json() == {
        "created": 1,
        "unchanged": 0,
        "rejected": 0,
        "state": "released",
    }
    rest = {
        "acknowledgements": [
            {"payment": first, "outcome": "paid", "paid_on": "2026-12-18"},
            {"payment": second, "outcome": "paid", "paid_on": "2026-12-18"},
        ]
    }
    assert (await office.releaser.post(url, json=rest)).json()["state"] == "acknowledged"
    assert (await office.releaser.post(url, json=rest)).json() == {
        "created": 0,
        "unchanged": 2,
        "rejected": 0,
        "state": "acknowledged",
    }
    statement = await office.statement(run_id, office.practices[0])
    assert (statement["payments"][0]["paid_on"], statement["payments"][0]["outcome"]) == ("2026-12-18", "paid")
    listed = (await office.manager.get(url)).json()["data"]
    assert [(each["payment"], each["outcome"]) for each in listed] == [
        (first, "accepted"),
        (first, "paid"),
        (second, "paid"),
    ]
    assert (await office.manager.get(f"{url}/{listed[0]['id']}")).json() == listed[0]


async def test_rejected_payment_keeps_its_run_unsettled_until_it_is_paid(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    first, second = await office.references(run_id)

    async def said(payment: str, outcome: str, **more: str) -> tuple[str, int]:
        answer = await office.acknowledge(run_id, {"payment": payment, "outcome": outcome, **more})
        return answer["state"], answer["rejected"]

    assert await said(first, "paid", paid_on="2026-12-18") == ("released", 0)
    assert await said(second, "rejected", reason="Site is closed.") == ("released", 1)
    assert await said(second, "paid", paid_on="2026-12-20") == ("acknowledged", 0)
    for again in ("2026-12-21", "2026-12-22"):
        assert await said(first, "rejected", reason="Came back.") == ("released", 1)
        assert (await office.run(run_id))["state"] == "released"
        assert await said(first, "paid", paid_on=again) == ("acknowledged", 0)


async def test_acknowledgement_of_an_unknown_payment_is_refused_whole(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    body = {"acknowledgements": [{"payment": "P000000000000X", "outcome": "accepted"}]}
    refused = await office.releaser.post(f"/v1/payment-runs/{run_id}/acknowledgements", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "payments.unknown_payment")
    assert refused.json()["errors"][0]["pointer"] == "/acknowledgements/0/payment"


async def test_practice_sees_its_own_released_statements_only(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    first, second = office.practices
    manager = await shared.as_role("practice_manager", tenant=office.tenant, practice=first)
    run_id = await office.calculate()
    assert (await manager.get(f"/v1/practices/{first}/statements")).json()["data"] == []
    await office.release(run_id)
    listed = (await manager.get(f"/v1/practices/{first}/statements")).json()["data"]
    assert [(each["practice"], each["total"]) for each in listed] == [
        (first, (await office.statement(run_id, first))["total"])
    ]
    assert (await manager.get(f"/v1/practices/{second}/statements")).status_code == 403
    for role in ("commissioner_admin", "scheme_manager", "claims_vetter", "payments_approver", "auditor"):
        reader = await shared.as_role(role, tenant=office.tenant)
        assert (await reader.get(f"/v1/practices/{first}/statements")).json()["data"] == listed, role
    intranet = await shared.as_role("intranet", tenant=office.tenant)
    assert (await intranet.get(f"/v1/practices/{first}/statements")).status_code == 403
    assert (await manager.get("/v1/practices/ZNONE1/statements")).status_code == 404


async def test_runs_are_listed_newest_first_by_scheme_and_state(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    first = await office.pay()
    second = await office.calculate(SECOND_QUARTER)
    listed = (await office.manager.get("/v1/payment-runs", params={"scheme": str(office.scheme)})).json()["data"]
    assert [each["id"] for each in listed] == [second, first]
    released = (await office.manager.get("/v1/payment-runs", params={"state": "released"})).json()["data"]
    assert [each["id"] for each in released] == [first]


async def test_another_tenants_run_is_not_there(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    other = await shared.as_role("payments_approver", tenant=await shared.fresh_tenant())
    for path in ("", "/statements", f"/statements/{office.practices[0]}", "/file", "/acknowledgements"):
        assert (await other.get(f"/v1/payment-runs/{run_id}{path}")).status_code == 404, path
    assert (await office.decide(run_id, "approve", by=other)).status_code == 404


async def test_one_event_for_each_step_of_a_run(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    tenant = shared.tenants[office.tenant]
    rows = await shared.fetch("SELECT name FROM event WHERE subject = $1 ORDER BY change_number", run_id, tenant=tenant)
    assert [row["name"] for row in rows] == [
        "payments.run_requested",
        "payments.run_calculated",
        "payments.run_approved",
        "payments.run_released",
    ]


async def test_totals_of_more_than_twenty_million_pounds_are_kept(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("90000000",))
    run_id = await office.pay()
    assert (await office.run(run_id))["total"] == "45000000.00"
    assert (await office.statement(run_id, office.practices[0]))["payments"][0]["payable"] == "45000000.00"


async def test_a_persons_copy_names_the_runs_they_decided_about(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    run = await office.run(run_id)
    async with shared.session(office.tenant) as session:
        copies = [await service.export_person(session, UUID(run[f"{verb}_by"])) for verb in ("calculated", "approved")]
    assert copies == [
        {"payment_runs": [{"run": run_id, "requested": run["created_at"]}]},
        {"payment_runs": [{"run": run_id, "approved": run["approved_at"]}]},
    ]


async def test_practice_change_says_which_payments_it_would_touch(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS, lists=("5000",))
    (practice,) = office.practices
    await office.record(
        schemes.a_fact(practice, "f1", date(2026, 4, 8)), schemes.a_fact(practice, "f2", date(2026, 4, 9))
    )
    await office.pay()
    await office.record(schemes.a_fact(practice, "f1", date(2026, 4, 8), None))
    await office.pay(SECOND_QUARTER)
    await office.record(schemes.a_fact(practice, "f3", date(2026, 10, 8)))
    await office.calculate(Period(date(2026, 10, 1), date(2027, 1, 1)))
    body = {"kind": "close", "practice": practice, "effective_on": "2026-12-01", "dry_run": True}
    effects = await effects_of(shared, office, body)
    assert effects["payments"].startswith("1 in runs that are not released yet, 300.00 in all")
    assert effects["carried_forward"].startswith("300.00 carried forward")


async def effects_of(shared: LivePlenary, office: Office, body: dict) -> dict[str, str]:
    admin = await shared.as_role("platform_admin", tenant="PLATFORM")
    answer = await admin.post("/v1/practice-changes", json=body)
    assert answer.status_code in (200, 201), answer.text
    return {each["what"]: each["sentence"] for each in answer.json()["effects"]}
