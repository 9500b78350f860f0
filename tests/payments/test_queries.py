"""Queries about lines: who may ask, see, answer and approve, and what becomes of the clock."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.clock import Period
from app.core.ids import new_id
from app.payments.rules.querying import answer_due
from tests.factories.communications import give_mailbox, mail_of, told
from tests.factories.jobs import put_job
from tests.factories.keys import a_manager_and_their_giver
from tests.factories.payments import Office
from tests.factories.people import add_post, somebody_who_left
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}
ASKED = {"text": "Which list is this?"}
CORRECTION = {"amount": "300.00", "reason": "A session was not recorded."}
UPHELD = {"outcome": "upheld", "text": "You are right.", "correction": CORRECTION}


@pytest.mark.parametrize(
    ("opened", "days", "due"),
    [
        (date(2026, 11, 27), 10, date(2026, 12, 11)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 11, 29), 5, date(2026, 12, 4)),
        (date(2026, 11, 25), 3, date(2026, 11, 30)),
        (date(2026, 11, 25), 2, date(2026, 11, 27)),
    ],
)
def test_an_answer_is_due_after_so_many_working_days(opened: date, days: int, due: date) -> None:
    assert answer_due(opened, days) == due


def test_the_due_day_is_what_counting_day_by_day_gives() -> None:
    for start in range(7):
        opened = date(2026, 11, 23) + timedelta(days=start)
        for days in range(1, 61):
            day, left = opened, days
            while left:
                day += timedelta(days=1)
                left -= day.weekday() < 5
            assert answer_due(opened, days) == day


@dataclass
class Paid:
    """A released run with one practice that may ask about its line."""

    office: Office
    asker: httpx.AsyncClient
    line: str

    @classmethod
    async def make(cls, live: LivePlenary, **scheme: Any) -> "Paid":
        office = await Office.open(live, lists=("5000",), **scheme)
        run = await office.pay()
        statement = await office.statement(run, office.practices[0])
        asker = await live.as_role("practice_manager", tenant=office.tenant, practice=office.practices[0])
        return cls(office, asker, statement["lines"][0]["reference"])

    async def ask(self, **more: Any) -> str:
        """Its address."""
        made = await self.asker.post(f"/v1/payment-lines/{self.line}/queries", json=ASKED | more)
        assert made.status_code == 201, made.text
        return made.headers["Location"]

    async def answer(self, path: str, body: dict[str, Any], *, by: httpx.AsyncClient | None = None) -> httpx.Response:
        return await (by or self.office.manager).post(f"{path}/answer", json=body, headers=ANY)


async def state_of(client: httpx.AsyncClient, path: str) -> tuple[str, str | None]:
    found = (await client.get(path)).json()
    return found["state"], found["outcome"]


async def test_a_practice_asks_and_the_office_explains(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    path = await paid.ask()
    made = (await paid.asker.get(path)).json()
    assert (made["state"], made["line"], made["practice"]) == ("open", paid.line, paid.office.practices[0])
    # The clock of the tests stands on Sunday 22 November 2026.
    assert made["due_on"] == "2026-12-04"
    for client, text in ((paid.office.manager, "Which one did you expect?"), (paid.asker, "That of July.")):
        assert (await client.post(f"{path}/messages", json={"text": text})).status_code == 201
    answered = await paid.answer(path, {"outcome": "explained", "text": "That of April."})
    assert answered.status_code == 200, answered.text
    found = (await paid.asker.get(path)).json()
    assert (found["state"], found["outcome"], found["answer"]) == ("answered", "explained", "That of April.")
    assert [message["side"] for message in found["messages"]] == ["office", "practice"]
    for again in (
        await paid.asker.post(f"{path}/messages", json={"text": "And?"}),
        await paid.answer(path, {"outcome": "explained", "text": "Once more."}),
    ):
        assert (again.status_code, again.json()["code"]) == (409, "payments.query_closed")


async def test_a_practice_asks_about_its_own_lines_of_released_runs_only(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    first, second = office.practices
    run = await office.calculate()
    line = (await office.statement(run, first))["lines"][0]["reference"]
    own, other = [
        await shared.as_role("practice_manager", tenant=office.tenant, practice=code) for code in (first, second)
    ]
    path = f"/v1/payment-lines/{line}/queries"
    unreleased = await own.post(path, json=ASKED)
    assert (unreleased.status_code, unreleased.json()["code"]) == (404, "payments.line_not_found")
    await office.release(run)
    assert (await other.post(path, json=ASKED)).status_code == 404
    assert (await own.post(path.replace("-1/", "-7/"), json=ASKED)).status_code == 404
    assert (await own.post(path, json=ASKED)).status_code == 201
    twice = await own.post(path, json=ASKED)
    assert (twice.status_code, twice.json()["code"]) == (409, "payments.query_open")


async def test_a_practice_that_anothers_line_pays_may_ask(shared: LivePlenary) -> None:
    payee = f"Y{new_id().hex[-5:].upper()}"
    pay = {"type": "fixed", "id": "cover", "amount": "100.00", "payee": {"type": "organisation", "code": payee}}
    paid = await Paid.make(shared, definition={"language": 1, "pay": pay})
    await shared.make_practice(payee, paid.office.tenant)
    paid.asker = await shared.as_role("practice_lead", tenant=paid.office.tenant, practice=payee)
    assert (await paid.asker.get(await paid.ask())).json()["practice"] == payee


async def test_the_lmc_sees_what_is_shared_from_then_on(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    path = await paid.ask()
    officer = await shared.as_role("lmc_officer", tenant=paid.office.tenant)
    assert (await officer.get(path)).status_code == 404
    assert (await officer.get("/v1/payment-queries")).json()["data"] == []
    assert (await paid.asker.post(f"{path}/share")).json()["shared_with_lmc_at"] is not None
    assert (await officer.get(path)).status_code == 200
    assert len((await officer.get("/v1/payment-queries")).json()["data"]) == 1
    assert (await officer.post(f"{path}/messages", json={"text": "We see."})).status_code == 403


async def test_a_query_can_be_shared_at_once(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    officer = await shared.as_role("lmc_officer", tenant=paid.office.tenant)
    assert (await officer.get(await paid.ask(share_with_lmc=True))).status_code == 200


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_lmc_is_told_once_of_what_is_shared_with_it(shared: LivePlenary, at_once: bool) -> None:
    paid = await Paid.make(shared)
    officer = await shared.as_role("lmc_officer", tenant=paid.office.tenant)
    path = await paid.ask(share_with_lmc=at_once)
    for _ in range(2):
        assert (await paid.asker.post(f"{path}/share")).status_code == 200
    await shared.work()
    address = await _address_of(paid.office, officer)
    [letter] = [
        row for row in await told(shared, paid.office.tenant, "query") if row["address"].split("@")[0] == address
    ]
    subject, text = mail_of(shared, letter)
    assert subject == f"Shared with you: {paid.line}"
    assert f"Practice {paid.office.practices[0]} lets the local medical committee read its query" in text
    assert ASKED["text"] not in text


async def test_queries_are_listed_by_state_and_by_what_is_overdue(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    path = await paid.ask()
    auditor = await shared.as_role("auditor", tenant=paid.office.tenant)

    async def listed(**params: Any) -> list[str]:
        found = (await auditor.get("/v1/payment-queries", params=params)).json()["data"]
        return [f"/v1/payment-queries/{each['id']}" for each in found]

    assert await listed(state="open") == [path]
    assert await listed(overdue=True) == []
    await _make_overdue(paid.office, path)
    assert await listed(overdue=True) == [path]
    assert (await paid.asker.post(f"{path}/withdraw")).json()["outcome"] == "withdrawn"
    assert (await listed(overdue=True), await listed(state="answered")) == ([], [path])


async def _make_overdue(office: Office, path: str) -> None:
    await office.live.execute(
        "UPDATE payment_query SET due_on = '2026-11-20' WHERE id = $1",
        UUID(path.rpartition("/")[2]),
        tenant=office.live.tenants[office.tenant],
    )


async def test_a_correction_needs_a_second_person_and_is_hidden_until_then(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    path = await paid.ask()
    assert (await paid.answer(path, UPHELD)).json()["state"] == "approving"
    shown = (await paid.asker.get(path)).json()
    assert (shown["state"], shown["outcome"], shown["answer"], shown["correction"]) == ("approving", None, None, None)
    assert (await paid.office.manager.get(path)).json()["correction"]["amount"] == "300.00"
    refused = await paid.office.approver.post(
        f"{path}/correction/refuse", json={"reason": "Not on the list."}, headers=ANY
    )
    assert (refused.json()["state"], refused.json()["correction"]["state"]) == ("open", "refused")
    assert (await paid.asker.get(path)).json()["correction"] is None
    await paid.answer(path, UPHELD)
    approved = await paid.office.approver.post(f"{path}/correction/approve", headers=ANY)
    assert approved.status_code == 200, approved.text
    shown = (await paid.asker.get(path)).json()
    assert (shown["state"], shown["outcome"], shown["correction"]["state"]) == ("answered", "upheld", "approved")
    again = await paid.office.approver.post(f"{path}/correction/approve", headers=ANY)
    assert (again.status_code, again.json()["code"]) == (409, "payments.correction_not_proposed")


async def test_whoever_proposed_a_correction_does_not_approve_it(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    person = await shared.make_person("Both Hands", tenant=paid.office.tenant)
    manager, approver = [
        await shared.as_role(role, tenant=paid.office.tenant, person=person)
        for role in ("scheme_manager", "payments_approver")
    ]
    path = await paid.ask()
    await paid.answer(path, UPHELD, by=manager)
    refused = await approver.post(f"{path}/correction/approve", headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.correction_same_person")
    assert await state_of(manager, path) == ("approving", "upheld")


@pytest.mark.parametrize(("verb", "sent"), [("approve", {}), ("refuse", {"json": {"reason": "Not on the list."}})])
async def test_whoever_gave_the_proposer_a_key_does_not_decide_on_the_correction(
    shared: LivePlenary, verb: str, sent: dict[str, Any]
) -> None:
    paid = await Paid.make(shared)
    paid.office.manager, giver = await a_manager_and_their_giver(shared, paid.office.tenant)
    path = await paid.ask()
    assert (await paid.answer(path, UPHELD)).status_code == 200
    refused = await giver.post(f"{path}/correction/{verb}", headers=ANY, **sent)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.correction_same_person")
    assert (await paid.office.approver.post(f"{path}/correction/{verb}", headers=ANY, **sent)).status_code == 200


async def test_nobody_decides_on_a_query_of_their_own_practice(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    path = await paid.ask()
    person = await shared.make_person("Dr At Home", tenant=paid.office.tenant)
    async with shared.session(paid.office.tenant) as session:
        await add_post(session, person, paid.office.practices[0])
    manager, approver = [
        await shared.as_role(role, tenant=paid.office.tenant, person=person)
        for role in ("scheme_manager", "payments_approver")
    ]
    refused = await paid.answer(path, {"outcome": "explained", "text": "All is well."}, by=manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.query_of_own_practice")
    await paid.answer(path, UPHELD)
    refused = await approver.post(f"{path}/correction/approve", headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.query_of_own_practice")


async def test_nobody_answers_a_query_about_money_that_went_to_their_practice(shared: LivePlenary) -> None:
    payee = f"Z{new_id().hex[-6:].upper()}"
    pay = {"type": "fixed", "id": "cover", "amount": "100.00", "payee": {"type": "organisation", "code": payee}}
    paid = await Paid.make(shared, definition={"language": 1, "pay": pay})
    await shared.make_practice(payee, paid.office.tenant)
    person = await shared.make_person("Dr Next Door", tenant=paid.office.tenant)
    async with shared.session(paid.office.tenant) as session:
        await add_post(session, person, payee)
    manager = await shared.as_role("scheme_manager", tenant=paid.office.tenant, person=person)
    refused = await paid.answer(await paid.ask(), UPHELD, by=manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.query_of_own_practice")


@pytest.mark.parametrize(("until", "status"), [(date(2026, 4, 2), 409), (date(2026, 4, 1), 200)])
async def test_whoever_worked_there_in_the_time_of_the_line_does_not_answer(
    shared: LivePlenary, until: date, status: int
) -> None:
    paid = await Paid.make(shared)
    held = Period(date(2026, 1, 1), until)
    person = await somebody_who_left(shared, paid.office.tenant, paid.office.practices[0], held)
    manager = await shared.as_role("scheme_manager", tenant=paid.office.tenant, person=person)
    assert (await paid.answer(await paid.ask(), UPHELD, by=manager)).status_code == status


async def test_a_query_is_looked_after_by_somebody_who_may_answer_it(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    path = await paid.ask()
    me, stranger = [(await client.get("/v1/me")).json()["person"]["id"] for client in (paid.office.manager, paid.asker)]
    assigned = await paid.office.manager.post(f"{path}/assign", json={"owner": me})
    assert assigned.json()["owner"] == me
    refused = await paid.office.manager.post(f"{path}/assign", json={"owner": stranger})
    assert (refused.status_code, refused.json()["code"]) == (422, "payments.not_of_the_office")
    assert (await paid.office.manager.post(f"{path}/assign", json={"owner": None})).json()["owner"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"outcome": "withdrawn", "text": "No."}, "/outcome"),
        ({"outcome": "explained", "text": "No.", "correction": CORRECTION}, ""),
        ({"outcome": "upheld", "text": "No.", "correction": CORRECTION | {"amount": "0.00"}}, "/correction/amount"),
        (
            {"outcome": "upheld", "text": "No.", "correction": CORRECTION | {"amount": "1000000.01"}},
            "/correction/amount",
        ),
        ({"outcome": "upheld", "text": "No.", "correction": CORRECTION | {"amount": 300}}, "/correction/amount"),
        ({"outcome": "upheld", "text": "Of 943 476 5919."}, "/text"),
    ],
)
async def test_an_answer_that_cannot_be_right_is_refused_at_its_member(
    shared: LivePlenary, body: dict[str, Any], pointer: str
) -> None:
    manager = await shared.as_role("scheme_manager", tenant=await shared.fresh_tenant())
    refused = await manager.post(f"/v1/payment-queries/{new_id()}/answer", json=body, headers=ANY)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_both_sides_are_told_and_an_overdue_query_is_escalated_once(shared: LivePlenary) -> None:
    paid = await Paid.make(shared)
    office, practice = paid.office, paid.office.practices[0]
    await give_mailbox(shared, office.tenant, practice, f"surgery@{practice}.example")
    roles = ("commissioner_admin", "engagement_lead")
    people = {
        role: await shared.make_person(role, tenant=office.tenant, email=f"{role}@{practice}.example") for role in roles
    }
    for role, person in people.items():
        await shared.make_key(role, tenant=office.tenant, person=person)
    path = await paid.ask()
    await _make_overdue(office, path)
    for night in ("the first", "the second"):
        await put_job(shared, "payments.escalate_queries", tenant=office.tenant, key=night, queue="payments")
        await shared.work()
    found = (await office.manager.get(path)).json()
    assert found["escalated_at"] is not None
    await paid.answer(path, UPHELD)
    await office.approver.post(f"{path}/correction/approve", headers=ANY)
    await shared.work()
    told_of = await told(shared, office.tenant, "query")
    rows = [(mail_of(shared, row)[0].split()[0], row["address"].split("@")[0]) for row in told_of]
    assert ("Query", await _address_of(office, office.manager)) in rows
    assert sorted(row for row in rows if row[0] == "Overdue:") == [("Overdue:", role) for role in roles]
    assert ("Correction", await _address_of(office, office.approver)) in rows
    assert ("Answer", "surgery") in rows


async def _address_of(office: Office, client: httpx.AsyncClient) -> str:
    return (await client.get("/v1/me")).json()["person"]["name"].lower().replace(" ", ".")
