"""What an upheld query adds is due from then on: the next run pays it once, and no later one takes it back."""

from datetime import date

from app.calculation.values import Payee
from app.core.clock import Period
from app.payments.rules.written import corrected_digest
from app.payments.values import Correction
from tests.factories.calculation import per_head, practice
from tests.factories.payments import Office, part, posted, worked
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}
SECOND, THIRD = Period(date(2026, 7, 1), date(2026, 10, 1)), Period(date(2026, 10, 1), date(2027, 1, 1))


def correction(
    amount: int, *, component: str = "engagement", reason: str = "A session was not recorded."
) -> Correction:
    return Correction(component, Payee("practice", "Y00001"), amount, reason, "0198c0de")


def adjusted(*corrections: Correction, paid: int, component: str = "engagement") -> list[tuple[int, str]]:
    before = posted(paid, component=component)
    corrected = part(per_head(), practice(), posted={"Y00001": (before,)}, corrections={"Y00001": corrections})
    lines = [line for statement in worked(corrected).statements for line in statement.lines]
    return [(line.amount, line.explain().sentence) for line in lines]


def test_a_correction_is_paid_once() -> None:
    due = worked(part(per_head(), practice())).total
    [(amount, sentence)] = adjusted(correction(30_000), paid=due)
    assert amount == 30_000
    assert sentence.endswith("Corrected after a query: 300.00 is added. A session was not recorded.")
    assert adjusted(correction(30_000), paid=due + 30_000) == []


def test_a_correction_may_take_something_off_and_several_add_up() -> None:
    due = worked(part(per_head(), practice())).total
    [(amount, sentence)] = adjusted(correction(-5_000), correction(2_000, reason="Half of it."), paid=due)
    assert amount == -3_000
    assert sentence.endswith(
        "50.00 is taken off. A session was not recorded. Corrected after a query: 20.00 is added. Half of it."
    )


def test_a_correction_of_what_the_rules_no_longer_pay_stays_due() -> None:
    before = posted(10_000, component="gone")
    kept = correction(4_000, component="gone")
    due = posted(worked(part(per_head(), practice())).total)
    run = worked(part(per_head(), practice(), posted={"Y00001": (before, due)}, corrections={"Y00001": (kept,)}))
    [line] = run.statements[0].lines
    assert (line.component, line.amount) == ("gone", -6_000)
    assert [each["operator"] for each in line.explain().workings["inputs"]] == ["correction", "posted"]


def test_a_digest_moves_with_corrections_and_stays_without() -> None:
    assert corrected_digest("as it was", {}) == "as it was"
    one, other = ({"Y00001": (correction(amount),)} for amount in (1, 2))
    assert len({corrected_digest("as it was", each) for each in ({}, one, other)}) == 3


async def test_the_next_run_pays_what_a_second_person_approved(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    [code] = office.practices
    first = await office.statement(await office.pay(), code)
    asker = await shared.as_role("practice_manager", tenant=office.tenant, practice=code)
    asked = await asker.post(
        f"/v1/payment-lines/{first['lines'][0]['reference']}/queries", json={"text": "Too little."}
    )
    path = asked.headers["Location"]
    body = {"amount": "300.00", "reason": "A visit was not counted."}
    answer = {"outcome": "upheld", "text": "You are right.", "correction": body}
    assert (await office.manager.post(f"{path}/answer", json=answer, headers=ANY)).status_code == 200
    assert (await office.approver.post(f"{path}/correction/approve", headers=ANY)).status_code == 200
    second = await office.statement(await office.pay(SECOND), code)
    kinds = [(line["kind"], line["amount"], line["period"]["from"]) for line in second["lines"]]
    assert kinds == [("entitlement", "2500.00", "2026-07-01"), ("adjustment", "300.00", "2026-04-01")]
    assert second["lines"][1]["sentence"].endswith("300.00 is added. A visit was not counted.")
    listed = (await asker.get(f"/v1/practices/{code}/statements")).json()["data"]
    assert listed[0]["lines"] == second["lines"]
    third = await office.statement(await office.pay(THIRD), code)
    assert [line["kind"] for line in third["lines"]] == ["entitlement"]
    stand = (
        await office.manager.get(f"/v1/incentive-schemes/{office.scheme}/budget", params={"on": "2026-12-31"})
    ).json()
    assert (stand["entitled"], stand["posted"], stand["accrual"]) == ("7800.00", "7800.00", "0.00")
