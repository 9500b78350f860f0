"""Nobody decides about a run that pays a practice of theirs, by whichever way the money goes there."""

from datetime import date
from typing import Any
from uuid import UUID

from app.core.clock import Period
from tests.factories import schemes
from tests.factories.payments import Office
from tests.factories.people import add_post, somebody_who_left
from tests.factories.service import LivePlenary

FIRST, SECOND = Period(date(2026, 4, 1), date(2026, 7, 1)), Period(date(2026, 7, 1), date(2026, 10, 1))
COVER: dict[str, Any] = {"type": "fixed", "id": "cover", "amount": "100.00"}


async def _approve_as(office: Office, run_id: str, person: UUID) -> tuple[int, str | None]:
    approver = await office.live.as_role("payments_approver", tenant=office.tenant, person=person)
    answer = await office.decide(run_id, "approve", by=approver)
    return answer.status_code, answer.json().get("code")


async def test_a_practice_that_anothers_statement_pays_is_ones_own(shared: LivePlenary) -> None:
    payee = f"Y{len(shared.tenants):04d}P"
    pay = {**COVER, "payee": {"type": "organisation", "code": payee}}
    office = await Office.open(shared, lists=("5000",), definition={"language": 1, "pay": pay})
    await shared.make_practice(payee, office.tenant)
    person = await shared.make_person("Dr Next Door", tenant=office.tenant)
    async with shared.session(office.tenant) as session:
        await add_post(session, person, payee)
    run_id = await office.calculate()
    assert [each["practice"] for each in await _statements(office, run_id)] == office.practices
    assert await _approve_as(office, run_id, person) == (409, "payments.own_practice")


async def test_a_post_in_a_period_that_the_run_corrects_counts_for_the_practice_it_corrects(
    shared: LivePlenary,
) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS)
    first, second = office.practices
    await office.pay(FIRST)
    await office.record(schemes.a_fact(first, "late", date(2026, 4, 8)))
    corrected, elsewhere = [await somebody_who_left(shared, office.tenant, code, FIRST) for code in (first, second)]
    run_id = await office.calculate(SECOND)
    assert await _approve_as(office, run_id, corrected) == (409, "payments.own_practice")
    # The other practice is paid by this run too, but for a time in which this person was not there.
    assert await _approve_as(office, run_id, elsewhere) == (200, None)


async def test_what_was_paid_to_a_practice_that_ones_own_took_over_is_ones_own_from_that_day(
    shared: LivePlenary,
) -> None:
    office = await Office.open(shared)
    former, heir = office.practices
    line = (await office.statement(await office.pay(FIRST), former))["lines"][0]["reference"]
    person = await shared.make_person("Dr Heir", tenant=office.tenant)
    async with shared.session(office.tenant) as session:
        await add_post(session, person, heir)
    manager = await shared.as_role("scheme_manager", tenant=office.tenant, person=person)
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    for day, expected in (("2026-11-23", (200, None)), ("2026-11-22", (409, "payments.query_of_own_practice"))):
        merger = {"kind": "merge", "practice": former, "successor": heir, "effective_on": day}
        assert (await admin.post("/v1/practice-changes", json=merger)).status_code == 201
        answer = {"outcome": "explained", "text": "It is as it has to be."}
        path = await office.query(line, former)
        found = await manager.post(f"{path}/answer", json=answer, headers={"If-Match": "*"})
        assert (found.status_code, found.json().get("code")) == expected


async def _statements(office: Office, run_id: str) -> list[dict[str, Any]]:
    return (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()["data"]
