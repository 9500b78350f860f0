"""The two ways by which a case is worked out: the calculator, and a scheme that is stored, run and read back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx

from app.calculation.values import PracticeInput
from app.core.clock import Period, financial_year
from app.schemes import service as service_of_schemes
from app.schemes.values import FactEntry, FactSource, SignUp
from tests.factories import schemes
from tests.factories.organisations import make_practices
from tests.factories.payments import Office
from tests.factories.service import NOW, LivePlenary
from tests.golden.cases import Case


async def by_calculator(client: httpx.AsyncClient, case: Case) -> list[dict[str, int]]:
    """Pence by practice: for each period, or what the corrected version moves in all of them."""
    paid = [await _calculated(client, case.definition, case, period) for period in case.periods]
    if case.corrected is None:
        return paid
    due = [await _calculated(client, case.corrected, case, period) for period in case.periods]
    return [
        {code: pence - before[code] for code, pence in after.items()} for before, after in zip(paid, due, strict=True)
    ]


async def _calculated(
    client: httpx.AsyncClient, definition: dict[str, Any], case: Case, period: Period
) -> dict[str, int]:
    practices = case.taking_part(period)
    body = {
        "definition": definition,
        "practices": [_practice_in(each) for each in practices],
        "facts": [_fact_in(each) for practice in practices for each in entries(practice)],
        "period": {"from": period.valid_from.isoformat(), "until": period.end.isoformat()},
    }
    answer = await client.post("/v1/calculator", json=body)
    assert answer.status_code == 200, f"{case.id}: {answer.text}"
    return {each["practice"]: pence(each["total"]) for each in answer.json()["practices"]}


def _practice_in(practice: PracticeInput) -> dict[str, Any]:
    lists = [
        {
            "as_at": each.as_at.isoformat(),
            "registered": None if each.registered is None else str(each.registered),
            "weighted": None if each.weighted is None else str(each.weighted),
        }
        for each in practice.lists
    ]
    return {"code": practice.code, "lists": lists} | ({"member": _term(practice)} if practice.member else {})


def _term(practice: PracticeInput) -> dict[str, str]:
    assert practice.member is not None
    (member,) = practice.member
    until = {} if member.valid_until is None else {"until": member.valid_until.isoformat()}
    return {"from": member.valid_from.isoformat(), **until}


def _fact_in(entry: tuple[FactEntry, bool]) -> dict[str, Any]:
    fact, confirmed = entry
    return {
        "practice": fact.practice,
        "external_id": fact.external_id,
        "measure": fact.measure,
        "on": fact.on.isoformat(),
        "value": str(fact.value),
        "subject": fact.subject,
        "confirmed": confirmed,
    }


def entries(practice: PracticeInput) -> list[tuple[FactEntry, bool]]:
    """The practice's facts as they are handed in, and whether each is confirmed."""
    return [
        (
            FactEntry(
                f"{practice.code}:{each.external_id}",
                practice.code,
                each.measure,
                each.on,
                each.value,
                subject=each.subject,
            ),
            each.confirmed,
        )
        for each in practice.facts
    ]


def pence(pounds: str) -> int:
    return int(Decimal(pounds) * 100)


@dataclass(slots=True)
class Stored:
    """A case in the database: its office, and what each of its runs has paid."""

    case: Case
    office: Office
    pays: list[dict[str, int]] = field(default_factory=list)
    run: str = ""

    async def request(self, period: Period) -> None:
        answer = await self.office.request(period)
        assert answer.status_code == 202, f"{self.case.id}: {answer.text}"
        self.run = answer.json()["result"]["payment_run"]

    async def read(self) -> None:
        """What the run that was asked for last pays, out of its statements."""
        page = await self.office.manager.get(f"/v1/payment-runs/{self.run}/statements", params={"limit": 200})
        statements = page.json()["data"]
        for each in statements:
            assert sum(pence(line["amount"]) for line in each["lines"]) == pence(each["total"]), self.case.id
        self.pays.append({each["practice"]: pence(each["total"]) for each in statements})


async def by_the_stored_route(live: LivePlenary, cases: Sequence[Case]) -> dict[str, list[dict[str, int]]]:
    """One scheme for each case, all in one commissioner; their runs are worked out side by side, period after period."""
    tenant = await live.fresh_tenant()
    inputs = {each.code: each for case in cases for each in case.practices}
    await make_practices(live, tenant, inputs.values())
    clients = [
        await live.as_role(role, tenant=tenant) for role in ("scheme_manager", "payments_approver", "payments_releaser")
    ]
    stored = []
    async with live.session(tenant) as session:
        for case in cases:
            scheme = await _publish(session, case)
            codes = [each.code for each in case.practices]
            stored.append(Stored(case, Office(live, tenant, scheme, codes, *clients)))
    for turn in range(max(len(case.periods) for case in cases)):
        await _one_run_each(live, [(one, one.case.periods[turn]) for one in stored if turn < len(one.case.periods)])
        for one in stored:
            if turn < len(one.case.periods) - (one.case.corrected is None):
                await one.office.release(one.run)
    corrected = [one for one in stored if one.case.corrected is not None]
    for one in corrected:
        assert one.case.corrected is not None
        async with live.session(tenant) as session:
            await schemes.publish(session, one.office.scheme, one.case.corrected, applies=one.case.applies)
        one.pays.clear()
    await _one_run_each(live, [(one, one.case.periods[-1]) for one in corrected])
    return {one.case.id: one.pays for one in stored}


async def _one_run_each(live: LivePlenary, wanted: Sequence[tuple[Stored, Period]]) -> None:
    for one, period in wanted:
        await one.request(period)
    await live.work()
    for one, _ in wanted:
        await one.read()


async def _publish(session: Any, case: Case) -> UUID:
    """The case's scheme with its first version, its agreements and its facts."""
    year = financial_year(case.applies.valid_from)
    published = await schemes.a_published_scheme(
        session, code=case.id, definition=case.definition, applies=case.applies, financial_year=year
    )
    sign_ups = [_sign_up(each, case) for each in case.practices]
    await service_of_schemes.record_sign_ups(session, published.id, sign_ups, recorded_by=None, now=NOW)
    for is_confirmed in (True, False):
        facts = [fact for each in case.practices for fact, confirmed in entries(each) if confirmed is is_confirmed]
        await service_of_schemes.record_facts(
            session,
            published.id,
            facts,
            confirmed=is_confirmed,
            source=FactSource.OFFICE,
            recorded_by=None,
            now=NOW,
        )
    return published.id


def _sign_up(practice: PracticeInput, case: Case) -> SignUp:
    term = practice.member[0] if practice.member else case.applies
    return schemes.a_sign_up(
        practice.code, valid_from=term.valid_from, valid_until=term.valid_until or case.applies.valid_until
    )
