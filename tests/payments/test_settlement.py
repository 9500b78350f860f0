"""The file for the ledger, and the ledger's answers."""

import csv
import io

from tests.factories.payments import Office
from tests.factories.service import LivePlenary


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
    assert (await office.manager.get(f"/v1/payment-runs/{run_id}/file?format=bacs")).status_code == 422


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
        "mismatched": 0,
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
        "mismatched": 0,
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


async def test_run_is_not_finished_by_another_amount_than_was_released(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.pay()
    (payment,) = await office.references(run_id)

    async def said(amount: str, paid_on: str = "2026-12-18") -> tuple[str, int]:
        answer = {"payment": payment, "outcome": "paid", "paid_on": paid_on, "amount": amount}
        loaded = await office.acknowledge(run_id, answer)
        return loaded["state"], loaded["mismatched"]

    assert await said("2499.99") == ("released", 1)
    late = await office.manager.get("/v1/payment-runs", params={"unpaid_on": "2026-12-22"})
    assert [run["id"] for run in late.json()["data"]] == [run_id]
    budget = await office.manager.get(f"/v1/incentive-schemes/{office.scheme}/budget", params={"on": "2026-12-31"})
    assert budget.json()["paid"] == "2499.99"
    assert await said("2500.00") == ("acknowledged", 0)
    assert await said("2500") == ("acknowledged", 0)
    assert await said("2600.00") == ("released", 1)
    listed = (await office.manager.get(f"/v1/payment-runs/{run_id}/acknowledgements")).json()["data"]
    assert [each["amount"] for each in listed] == ["2499.99", "2500.00", "2600.00"]


async def test_negative_amount_is_refused(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.pay()
    (payment,) = await office.references(run_id)
    body = {"acknowledgements": [{"payment": payment, "outcome": "accepted", "amount": "-1.00"}]}
    refused = await office.releaser.post(f"/v1/payment-runs/{run_id}/acknowledgements", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too_small")
