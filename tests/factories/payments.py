"""Parts of runs for tests of the rules, and an office that pays; a test sets only what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.calculation.values import Payee, PracticeInput
from app.core.clock import Period
from app.core.ids import new_id
from app.payments import service as service_of_payments
from app.payments.rules.working import work_out
from app.payments.values import Balance, Correction, Part, Posted, WorkedRun
from app.schemes import service as service_of_schemes
from app.schemes.values import ApprovalBand, FactEntry, FactSource
from tests.factories import schemes
from tests.factories.calculation import QUARTER, practice, raw_definition
from tests.factories.service import NOW, LivePlenary


def part(
    pay: object,
    *practices: PracticeInput,
    period: Period = QUARTER,
    posted: dict[str, tuple[Posted, ...]] | None = None,
    corrections: dict[str, tuple[Correction, ...]] | None = None,
    **members: Any,
) -> Part:
    """A period for the first time, or differences from what was `posted`."""
    return Part(
        period=period,
        definition=raw_definition(pay, **members),
        practices=practices,
        posted=posted or {},
        differences=posted is not None,
        corrections=corrections or {},
    )


def posted(amount: int, *, code: str = "Y00001", component: str = "engagement", payee: Payee | None = None) -> Posted:
    return Posted(component, payee or Payee("practice", code), amount, ("SBEFORE-1",))


def worked(*parts: Part, owed: dict[str, int] | None = None) -> WorkedRun:
    balances = [Balance(code, Payee("practice", code), amount) for code, amount in (owed or {}).items()]
    return work_out(parts, balances)


def practices(number: int) -> list[PracticeInput]:
    return [practice(f"Y{no:05}") for no in range(1, number + 1)]


@dataclass
class Office:
    """A commissioner with one published scheme, its practices signed up, and the three people whom a run needs."""

    live: LivePlenary
    tenant: str
    scheme: UUID
    practices: list[str]
    manager: httpx.AsyncClient
    approver: httpx.AsyncClient
    releaser: httpx.AsyncClient

    @classmethod
    async def open(
        cls, live: LivePlenary, *, lists: Sequence[str | None] = ("5000", "6000"), **scheme: Any
    ) -> "Office":
        """A new commissioner whose practices have these lists."""
        tenant = await live.fresh_tenant()
        codes = [f"Z{new_id().hex[-6:].upper()}" for _ in lists]
        for code, registered in zip(codes, lists, strict=True):
            await live.make_practice(code, tenant, registered=registered, weighted=registered)
        return await cls.sign_up(live, tenant, codes, **scheme)

    @classmethod
    async def sign_up(
        cls,
        live: LivePlenary,
        tenant: str,
        codes: Sequence[str],
        *,
        definition: dict[str, Any] = schemes.PER_HEAD,
        historical: bool = False,
        **scheme: Any,
    ) -> "Office":
        """A commissioner that is there already, with these practices in a new scheme."""
        clients = {
            role: await live.as_role(role, tenant=tenant)
            for role in ("scheme_manager", "payments_approver", "payments_releaser")
        }
        async with live.session(tenant) as session:
            published = await schemes.a_published_scheme(session, definition=definition, **scheme)
            sign_ups = [schemes.a_sign_up(code, historical=historical) for code in codes]
            await service_of_schemes.record_sign_ups(session, published.id, sign_ups, recorded_by=None, now=NOW)
        return cls(live, tenant, published.id, sorted(codes), *clients.values())

    async def record(self, *facts: FactEntry, confirmed: bool = True) -> None:
        async with self.live.session(self.tenant) as session:
            await service_of_schemes.record_facts(
                session,
                self.scheme,
                facts,
                confirmed=confirmed,
                source=FactSource.OFFICE,
                recorded_by=None,
                now=NOW,
            )

    async def settle(self, bands: Sequence[ApprovalBand]) -> None:
        """From which amounts on a run of this commissioner needs how many approvers."""
        person = await self.live.make_person("Fay Ash", tenant=self.tenant)
        async with self.live.session(self.tenant) as session:
            await service_of_payments.settle_approval(
                session, bands, person=person, expected=schemes.ANY_VERSION, now=NOW
            )

    async def request(self, period: Period = schemes.QUARTER) -> httpx.Response:
        assert period.valid_until is not None
        body = {
            "scheme": str(self.scheme),
            "period": {"from": period.valid_from.isoformat(), "until": period.valid_until.isoformat()},
        }
        return await self.manager.post("/v1/payment-runs", json=body)

    async def calculate(self, period: Period = schemes.QUARTER) -> str:
        """Ask for a run and let the worker work it out; returns its id."""
        answer = await self.request(period)
        assert answer.status_code == 202, answer.text
        await self.live.work()
        return answer.json()["result"]["payment_run"]

    async def run(self, run_id: str) -> dict[str, Any]:
        return (await self.manager.get(f"/v1/payment-runs/{run_id}")).json()

    async def decide(
        self, run_id: str, verb: str, *, by: httpx.AsyncClient | None = None, **body: Any
    ) -> httpx.Response:
        client = by or (self.releaser if verb == "release" else self.approver)
        options: dict[str, Any] = {"json": body} if body else {}
        return await client.post(f"/v1/payment-runs/{run_id}/{verb}", headers={"If-Match": "*"}, **options)

    async def release(self, run_id: str) -> None:
        for verb in ("approve", "release"):
            answer = await self.decide(run_id, verb)
            assert answer.status_code == 200, answer.text

    async def pay(self, period: Period = schemes.QUARTER) -> str:
        """A run from its request to its release."""
        run_id = await self.calculate(period)
        await self.release(run_id)
        return run_id

    async def statement(self, run_id: str, practice: str) -> dict[str, Any]:
        return (await self.manager.get(f"/v1/payment-runs/{run_id}/statements/{practice}")).json()

    async def references(self, run_id: str) -> list[str]:
        """Of the payments in the run's file."""
        file = (await self.manager.get(f"/v1/payment-runs/{run_id}/file", params={"format": "json"})).json()
        return [payment["reference"] for payment in file["payments"]]

    async def query(self, line: str, practice: str) -> str:
        """The practice asks about the line; the address of what it asks."""
        asker = await self.live.as_role("practice_manager", tenant=self.tenant, practice=practice)
        asked = await asker.post(f"/v1/payment-lines/{line}/queries", json={"text": "Is this right?"})
        assert asked.status_code == 201, asked.text
        return asked.headers["Location"]

    async def correct(self, line: str, practice: str, amount: str) -> None:
        """A query about the line is answered with an amount, which a second person approves."""
        path = await self.query(line, practice)
        answer = {"outcome": "upheld", "text": "No.", "correction": {"amount": amount, "reason": "Agreed."}}
        answered = await self.manager.post(f"{path}/answer", json=answer, headers={"If-Match": "*"})
        assert answered.status_code == 200, answered.text
        approved = await self.approver.post(f"{path}/correction/approve", headers={"If-Match": "*"})
        assert approved.status_code == 200, approved.text

    async def propose_supplier(
        self, code: str, *, kind: str = "practice", site: str = "MAIN", name: str | None = None
    ) -> dict[str, Any]:
        body = {
            "payee": {"type": kind, "code": code},
            "supplier_number": f"10{code}",
            "site": site,
            "name": name,
            "reason": "Set up by accounts payable.",
        }
        answer = await self.manager.post("/v1/suppliers", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def name_supplier(self, code: str, **more: str) -> None:
        """Proposed by one person and confirmed by another."""
        made = await self.propose_supplier(code, **more)
        answer = await self.approver.post(f"/v1/suppliers/{made['id']}/confirm", headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text

    async def file(self, run_id: str, **query: str) -> httpx.Response:
        answer = await self.manager.get(f"/v1/payment-runs/{run_id}/file", params=query)
        assert answer.status_code == 200, answer.text
        return answer

    async def acknowledge(self, run_id: str, *answers: dict[str, str]) -> dict[str, Any]:
        body = {"acknowledgements": list(answers)}
        answer = await self.releaser.post(f"/v1/payment-runs/{run_id}/acknowledgements", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()
