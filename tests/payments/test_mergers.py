"""Practices that merge one after the other within a period: each day is paid once, and to who was open on it."""

from datetime import date
from typing import Any

from app.core.clock import Period
from tests.factories import schemes
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

FIRST, SECOND = Period(date(2026, 4, 1), date(2026, 10, 1)), Period(date(2026, 10, 1), date(2027, 4, 1))
DEFINITION: dict[str, Any] = {
    "language": 1,
    "measures": schemes.PER_HEAD["measures"] | {"sessions": schemes.SESSIONS["measures"]["sessions"]},
    "pay": {
        "type": "sum",
        "of": [
            {
                "type": "pro_rata",
                "by": "days",
                "successor": "takes_over",
                "then": {"type": "per_head", "id": "engagement", "rate": "3.66", "measure": "list"},
            },
            schemes.SESSIONS["pay"],
        ],
    },
}


async def _merge(office: Office, practice: str, successor: str, on: str) -> None:
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    body = {"kind": "merge", "practice": practice, "successor": successor, "effective_on": on}
    answer = await admin.post("/v1/practice-changes", json=body)
    assert answer.status_code == 201, answer.text


async def _lines(office: Office, run_id: str) -> list[tuple[str, str, str, str]]:
    """Practice, component, payee and amount of each line of the run that is not 0.00."""
    statements = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()["data"]
    return [
        (statement["practice"], line["component"], line["payee"]["code"], line["amount"])
        for statement in statements
        for line in (await office.statement(run_id, statement["practice"]))["lines"]
        if line["amount"] != "0.00"
    ]


async def test_a_chain_of_mergers_in_one_period_is_paid_once_and_to_who_was_open(shared: LivePlenary) -> None:
    """1,000 patients are 1,830.00 for the half year, 10.00 a day of 183. The second has 61 days of the first, and the third 92
    of the second; what the second took over ends with it.
    """
    office = await Office.open(shared, lists=("1000", "1000", "1000"), definition=DEFINITION)
    a, b, c = office.practices
    await office.record(
        schemes.a_fact(a, "of-a", date(2026, 4, 8)),
        schemes.a_fact(b, "of-b", date(2026, 6, 8)),
        schemes.a_fact(c, "of-c", date(2026, 8, 8)),
    )
    await _merge(office, a, b, "2026-05-01")
    await _merge(office, b, c, "2026-07-01")
    assert await _lines(office, await office.pay(FIRST)) == [
        (a, "engagement", a, "300.00"),
        (a, "lead-time", a, "300.00"),
        (b, "engagement", b, "1520.00"),
        (b, "lead-time", b, "300.00"),
        (c, "engagement", c, "2750.00"),
        (c, "lead-time", c, "300.00"),
    ]
    # The next half year pays the one that is left, and finds nothing to pay once more in the first.
    assert await _lines(office, await office.pay(SECOND)) == [(c, "engagement", c, "1830.00")]


async def test_an_announced_merger_moves_no_money_before_its_day(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("1000", "1000"), definition=DEFINITION)
    a, b = office.practices
    await _merge(office, a, b, "2026-12-01")
    assert await _lines(office, await office.pay(FIRST)) == [
        (a, "engagement", a, "1830.00"),
        (b, "engagement", b, "1830.00"),
    ]
