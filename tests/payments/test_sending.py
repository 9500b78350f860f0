"""A run's file is sent once, or again with a reason that is kept."""

import asyncio
import hashlib
from collections import Counter

from tests.factories.keys import a_manager_and_their_giver
from tests.factories.payments import Office
from tests.factories.service import LivePlenary


async def test_sending_keeps_who_sent_which_bytes(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    answer = await office.releaser.post(f"/v1/payment-runs/{run_id}/sendings", json={"format": "json"})
    sending = answer.json()
    assert (answer.status_code, sending["payments"], sending["total"]) == (201, 2, "5500.00")
    assert sending["sent_by"] == (await office.releaser.get("/v1/me")).json()["person"]["id"]
    file = await office.manager.get(f"/v1/payment-runs/{run_id}/file", params={"format": "json"})
    assert sending["digest"] == hashlib.sha256(file.content).hexdigest()
    assert (await office.manager.get(answer.headers["Location"])).json() == sending


async def test_second_sending_is_refused_until_it_says_why(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    url = f"/v1/payment-runs/{run_id}/sendings"
    first = await office.releaser.post(url, json={"override_reason": "Nothing was sent before."})
    assert (first.status_code, first.json()["override_reason"]) == (201, None)
    for form in ("csv", "json"):
        refused = await office.releaser.post(url, json={"format": form})
        assert (refused.status_code, refused.json()["code"]) == (409, "payments.already_sent")
    for _ in range(2):
        again = await office.releaser.post(url, json={"override_reason": "The agent lost the first file."})
        assert again.status_code == 201
    listed = (await office.manager.get(url)).json()["data"]
    assert [each["override_reason"] is None for each in listed] == [True, False, False]
    assert len({each["digest"] for each in listed}) == 1


async def test_what_was_sent_is_had_to_the_byte_after_its_layout_has_changed(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    layout, columns = (
        "/v1/file-layouts/theirs",
        [
            {"field": "payment_reference", "heading": "Invoice"},
            {"field": "amount", "heading": "Net"},
        ],
    )
    made = await office.manager.put(layout, json={"columns": columns})
    sent = await office.releaser.post(f"/v1/payment-runs/{run_id}/sendings", json={"layout": "theirs"})
    before = await office.file(run_id, layout="theirs")
    columns.reverse()
    changed = await office.manager.put(layout, json={"columns": columns}, headers={"If-Match": made.headers["ETag"]})
    assert (sent.status_code, changed.status_code) == (201, 200)
    assert (await office.file(run_id, layout="theirs")).content != before.content
    again = await office.manager.get(f"{sent.headers['Location']}/file")
    assert (again.status_code, again.content) == (200, before.content)
    assert hashlib.sha256(again.content).hexdigest() == sent.json()["digest"]
    assert again.headers["Plenary-Control-Total"] == sent.json()["total"]
    # As one that was recorded before layouts were kept.
    forgotten, tenant = "UPDATE payment_sending SET layout_terms = NULL", shared.tenants[office.tenant]
    await shared.execute(forgotten, tenant=tenant)
    lost = await office.manager.get(f"{sent.headers['Location']}/file")
    assert (lost.status_code, lost.json()["code"]) == (409, "payments.sent_file_lost")


async def test_of_many_who_send_at_once_one_needs_no_reason(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    calls = [office.releaser.post(f"/v1/payment-runs/{run_id}/sendings", json={}) for _ in range(8)]
    assert Counter(answer.status_code for answer in await asyncio.gather(*calls)) == {201: 1, 409: 7}


async def test_run_that_is_not_released_is_not_sent(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    refused = await office.releaser.post(f"/v1/payment-runs/{run_id}/sendings", json={"override_reason": "Now."})
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.run_not_released")
    assert (await office.manager.post(f"/v1/payment-runs/{run_id}/sendings", json={})).status_code == 403


async def test_whoever_changed_a_layout_last_does_not_send_by_it(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    # Such a heading would load every payment under what the scheme says of itself.
    columns = [
        {"field": "payment_reference", "heading": "Invoice"},
        {"field": "pay_code", "heading": "Supplier"},
        {"field": "amount", "heading": "Net"},
    ]
    made = await office.releaser.put("/v1/file-layouts/theirs", json={"columns": columns})
    url, body = f"/v1/payment-runs/{run_id}/sendings", {"layout": "theirs"}
    refused = await office.releaser.post(url, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.layout_same_person")
    assert (await office.manager.get(url)).json()["data"] == []
    columns[1]["field"] = "payee_code"
    tag = {"If-Match": made.headers["ETag"]}
    assert (await office.manager.put("/v1/file-layouts/theirs", json={"columns": columns}, headers=tag)).is_success
    assert (await office.releaser.post(url, json=body)).status_code == 201


async def test_whoever_gave_a_key_to_whoever_changed_the_layout_does_not_send_by_it(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    manager, giver = await a_manager_and_their_giver(shared, office.tenant, role="payments_releaser")
    columns = [{"field": name, "heading": name} for name in ("payment_reference", "amount")]
    assert (await manager.put("/v1/file-layouts/theirs", json={"columns": columns})).status_code == 201
    url, body = f"/v1/payment-runs/{run_id}/sendings", {"layout": "theirs"}
    refused = await giver.post(url, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.layout_same_person")
    assert (await office.releaser.post(url, json=body)).status_code == 201
