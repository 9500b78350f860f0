"""What an upheld query adds is due from then on: the next run pays it once, and no later one takes it back."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from app.calculation.values import Payee
from app.core.clock import Period
from app.core.ids import new_id
from app.payments.rules.ceiling import COMPONENT
from app.payments.rules.written import corrected_digest
from app.payments.values import Correction
from tests.factories.calculation import per_head, practice
from tests.factories.communications import give_mailbox, mail_of, told
from tests.factories.payments import Office, part, posted, worked
from tests.factories.people import add_post
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}
SECOND, THIRD = Period(date(2026, 7, 1), date(2026, 10, 1)), Period(date(2026, 10, 1), date(2027, 1, 1))
FOURTH = Period(date(2027, 1, 1), date(2027, 4, 1))


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


def test_a_correction_of_what_a_budget_held_back_is_said_and_not_taken_for_it() -> None:
    due = posted(worked(part(per_head(), practice())).total)
    held, more = posted(-10_000, component=COMPONENT), correction(4_000, component=COMPONENT)
    run = worked(part(per_head(), practice(), posted={"Y00001": (held, due)}, corrections={"Y00001": (more,)}))
    [line] = run.statements[0].lines
    assert (line.component, line.amount) == (COMPONENT, 14_000)
    said = line.explain()
    assert said.sentence == (
        "Adjustment from 1 April 2014 to 30 June 2014: 40.00 is due by what is known now and -100.00 was paid before, so"
        " 140.00 more is paid. What the budget held back is due again, as far as the budget allows it now. Corrected after"
        " a query: 40.00 is added. A session was not recorded."
    )
    assert [each["operator"] for each in said.workings["inputs"]] == ["correction", "posted"]


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


@dataclass
class Corrected:
    """A query that was answered with 300.00, which a second person approved."""

    office: Office
    asker: httpx.AsyncClient
    path: str

    @classmethod
    async def make(cls, live: LivePlenary) -> "Corrected":
        office = await Office.open(live, lists=("5000",))
        [code] = office.practices
        line = (await office.statement(await office.pay(), code))["lines"][0]["reference"]
        asker = await live.as_role("practice_manager", tenant=office.tenant, practice=code)
        asked = await asker.post(f"/v1/payment-lines/{line}/queries", json={"text": "Too little."})
        found = cls(office, asker, asked.headers["Location"])
        body = {"amount": "300.00", "reason": "A visit was not counted."}
        answer = {"outcome": "upheld", "text": "You are right.", "correction": body}
        assert (await office.manager.post(f"{found.path}/answer", json=answer, headers=ANY)).status_code == 200
        assert (await found.decide("approve")).status_code == 200
        return found

    async def again(
        self,
        amount: str,
        *,
        by: httpx.AsyncClient | None = None,
        tag: str = "*",
        reason: str = "It was counted in part.",
    ) -> httpx.Response:
        body = {"amount": amount, "reason": reason}
        client = by or self.office.manager
        return await client.post(f"{self.path}/correction", json=body, headers={"If-Match": tag})

    async def decide(self, verb: str, *, by: httpx.AsyncClient | None = None, **sent: str) -> httpx.Response:
        options: dict[str, Any] = {"json": sent} if sent else {}
        return await (by or self.office.approver).post(f"{self.path}/correction/{verb}", headers=ANY, **options)

    async def seen(self, by: httpx.AsyncClient) -> tuple[str, list[tuple[str, str]]]:
        found = (await by.get(self.path)).json()
        assert found["correction"] == found["corrections"][-1]
        return found["state"], [(each["amount"], each["state"]) for each in found["corrections"]]

    async def adjustments(self, period: Period) -> list[str]:
        statement = await self.office.statement(await self.office.pay(period), self.office.practices[0])
        return [line["amount"] for line in statement["lines"] if line["kind"] == "adjustment"]


async def test_an_approved_amount_is_corrected_by_two_people_and_the_money_moves_once(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)
    assert await corrected.adjustments(SECOND) == ["300.00"]
    assert (await corrected.again("-200.00")).status_code == 200
    assert await corrected.seen(corrected.asker) == ("answered", [("300.00", "approved")])
    assert await corrected.seen(corrected.office.manager) == (
        "answered",
        [("300.00", "approved"), ("-200.00", "proposed")],
    )
    assert (await corrected.decide("approve")).status_code == 200
    assert await corrected.seen(corrected.asker) == ("answered", [("300.00", "approved"), ("-200.00", "approved")])
    assert await corrected.adjustments(THIRD) == ["-200.00"]
    assert await corrected.adjustments(FOURTH) == []
    # Nothing keeps the office from a third: by then 100.00 are due beside the rules.
    assert (await corrected.again("50.00")).status_code == 200
    budget = f"/v1/incentive-schemes/{corrected.office.scheme}/budget"
    stand = (await corrected.office.manager.get(budget, params={"on": "2027-03-31"})).json()
    assert (stand["entitled"], stand["posted"], stand["accrual"]) == ("10100.00", "10100.00", "0.00")


async def test_what_is_corrected_before_a_run_is_paid_as_one_difference(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)
    await corrected.again("-200.00")
    await corrected.decide("approve")
    run_id = await corrected.office.pay(SECOND)
    lines = (await corrected.office.statement(run_id, corrected.office.practices[0]))["lines"]
    assert [line["amount"] for line in lines if line["kind"] == "adjustment"] == ["100.00"]
    assert (
        "300.00 is added. A visit was not counted. Corrected after a query: 200.00 is taken off."
        in lines[1]["sentence"]
    )


async def test_office_alone_finds_the_queries_whose_amount_waits_for_a_second_person(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)

    async def waiting(client: httpx.AsyncClient) -> int:
        return len((await client.get("/v1/payment-queries", params={"waiting": "true"})).json()["data"])

    assert await waiting(corrected.office.approver) == 0
    await corrected.again("-200.00")
    assert (await waiting(corrected.office.approver), await waiting(corrected.asker)) == (1, 0)
    # Reads every query, and no amount that is only proposed.
    lead = await shared.as_role("engagement_lead", tenant=corrected.office.tenant)
    assert len((await lead.get("/v1/payment-queries")).json()["data"]) == 1
    assert await waiting(lead) == 0
    await corrected.decide("approve")
    assert await waiting(corrected.office.approver) == 0


async def test_refused_amount_leaves_the_approved_one_due_and_the_query_answered(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)
    await corrected.again("-200.00")
    assert (await corrected.decide("refuse", reason="It was counted whole.")).status_code == 200
    assert await corrected.seen(corrected.asker) == ("answered", [("300.00", "approved")])
    assert await corrected.adjustments(SECOND) == ["300.00"]
    assert (await corrected.again("-100.00")).status_code == 200


async def test_whoever_proposes_to_correct_an_amount_does_not_approve_it(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)
    tenant = corrected.office.tenant
    person = await shared.make_person("Both Hands", tenant=tenant)
    manager, approver = [
        await shared.as_role(role, tenant=tenant, person=person) for role in ("scheme_manager", "payments_approver")
    ]
    assert (await corrected.again("-200.00", by=manager)).status_code == 200
    refused = await corrected.decide("approve", by=approver)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.correction_same_person")
    assert (await corrected.again("1.00", by=corrected.asker)).status_code == 403
    assert (await corrected.again("1.00", by=approver)).status_code == 403


async def test_reason_of_an_amount_is_seen_and_turns_no_other_words(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)
    for reason, code in ((" ", "blank"), ("\u202e00.9", "not_plain")):
        refused = await corrected.again("-200.00", reason=reason)
        found = [(each["pointer"], each["code"]) for each in refused.json()["errors"]]
        assert (refused.status_code, found) == (422, [("/reason", code)])


async def test_nobody_with_a_post_at_the_practice_corrects_an_amount(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)
    person = await shared.make_person("Dr At Home", tenant=corrected.office.tenant)
    async with shared.session(corrected.office.tenant) as session:
        await add_post(session, person, corrected.office.practices[0])
    manager = await shared.as_role("scheme_manager", tenant=corrected.office.tenant, person=person)
    refused = await corrected.again("-200.00", by=manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.query_of_own_practice")


async def test_one_amount_is_proposed_at_a_time_and_only_beside_an_approved_one(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)
    read = await corrected.office.manager.get(corrected.path)
    assert (await corrected.again("-200.00", tag=read.headers["ETag"])).status_code == 200
    assert (await corrected.again("-200.00", tag=read.headers["ETag"])).status_code == 412
    twice = await corrected.again("-200.00")
    assert (twice.status_code, twice.json()["code"]) == (409, "payments.nothing_to_correct")
    # An answer that explains has no amount that could be wrong.
    line = (await corrected.asker.get(corrected.path)).json()["line"]
    asked = await corrected.asker.post(f"/v1/payment-lines/{line}/queries", json={"text": "Still."})
    explained = Corrected(corrected.office, corrected.asker, asked.headers["Location"])
    answer = {"outcome": "explained", "text": "It is all there."}
    await corrected.office.manager.post(f"{explained.path}/answer", json=answer, headers=ANY)
    refused = await explained.again("-200.00")
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.nothing_to_correct")


async def test_nothing_is_corrected_for_an_organisation_that_nobody_knows(shared: LivePlenary) -> None:
    provider = {"type": "organisation", "code": f"X{new_id().hex[-5:].upper()}"}
    pay = {"type": "fixed", "id": "grant", "amount": "10.00", "payee": provider}
    office = await Office.open(shared, lists=("5000",), definition={"language": 1, "pay": pay})
    (code,) = office.practices
    path = await office.query((await office.statement(await office.pay(), code))["lines"][0]["reference"], code)
    answer = {"outcome": "upheld", "text": "No.", "correction": {"amount": "10.00", "reason": "It is due."}}
    refused = await office.manager.post(f"{path}/answer", json=answer, headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.unknown_payee")
    await office.name_supplier(provider["code"], kind="organisation")
    assert (await office.manager.post(f"{path}/answer", json=answer, headers=ANY)).status_code == 200


async def test_practice_is_told_of_an_amount_that_is_corrected_and_the_approver_asked(shared: LivePlenary) -> None:
    corrected = await Corrected.make(shared)
    tenant, code = corrected.office.tenant, corrected.office.practices[0]
    await give_mailbox(shared, tenant, code, f"surgery@{code}.example")
    await shared.work()
    before = len(await told(shared, tenant, "query"))
    await corrected.again("-200.00")
    await shared.work()
    await corrected.decide("refuse", reason="It was counted whole.")
    await corrected.again("-100.00")
    await corrected.decide("approve")
    await shared.work()
    said = {str(mail_of(shared, row)) for row in (await told(shared, tenant, "query"))[before:]}
    assert any("comes beside an amount that was approved before" in mail for mail in said)
    assert any("stays as it is" in mail for mail in said)
    assert any("is corrected in its turn" in mail for mail in said)
