"""A scheme that is claimed, with one practice and the people whom a claim needs, over HTTP."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.factories.schemes import SESSIONS
from tests.factories.schemes_over_http import YEAR, a_fact, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary

CLAIMED: dict[str, Any] = {**SESSIONS, "claims": "required"}
# The clock stands on 22 November 2026: the third quarter of the year's claims is not over, the second's time is not.
PERIOD = {"from": "2026-07-01", "until": "2026-10-01"}
QUARTER = "2026-07-01/2026-10-01"
ANY = {"If-Match": "*"}
DAYS = ("2026-07-08", "2026-07-22", "2026-08-05", "2026-08-19", "2026-09-02", "2026-09-16")
RULES: dict[str, Any] = {
    "every": "quarter",
    "window_days": 90,
    "bands": [{"at_least": "0.00", "approvers": 1}],
    "sample_percent": 0,
    "reject_reasons": [{"code": "evidence_missing", "text": "The evidence does not show what is claimed."}],
}


@dataclass
class Claiming:
    """`claim` is the path of the practice's claim, once there is one."""

    live: LivePlenary
    tenant: str
    practice: str
    scheme: str
    manager: httpx.AsyncClient
    lead: httpx.AsyncClient
    vetter: httpx.AsyncClient
    approver: httpx.AsyncClient
    claim: str = ""

    @classmethod
    async def start(cls, live: LivePlenary, *, definition: dict[str, Any] = CLAIMED, **rules: Any) -> "Claiming":
        tenant, (practice,) = await a_tenant(live, "1", registered="5000")
        manager = await live.as_role("scheme_manager", tenant=tenant)
        path = await a_live_scheme(manager, definition)
        assert (await sign_up(manager, path, practice)).status_code == 201
        answer = await manager.put(f"{path}/claim-rules", json={**RULES, **rules}, headers=ANY)
        assert answer.status_code == 200, answer.text
        lead = await live.as_role("practice_lead", tenant=tenant, practice=practice)
        vetter = await live.as_role("claims_vetter", tenant=tenant)
        approver = await live.as_role("payments_approver", tenant=tenant)
        return cls(live, tenant, practice, path, manager, lead, vetter, approver)

    @property
    def scheme_id(self) -> str:
        return self.scheme.rpartition("/")[2]

    async def record(self, *days: str, by: httpx.AsyncClient | None = None, **more: Any) -> httpx.Response:
        """One session on each day; the office's are confirmed."""
        facts = [a_fact(self.practice, f"session-{day}", day, **more) for day in days]
        return await (by or self.manager).post(f"{self.scheme}/facts", json={"facts": facts})

    async def open(self, period: dict[str, str] = PERIOD, *, by: httpx.AsyncClient | None = None) -> httpx.Response:
        body = {"scheme": self.scheme_id, "practice": self.practice, "period": period}
        answer = await (by or self.lead).post("/v1/claims", json=body)
        if answer.is_success:
            self.claim = answer.headers["Location"]
        return answer

    async def step(
        self, verb: str, *, by: httpx.AsyncClient | None = None, tag: str = "*", **body: Any
    ) -> httpx.Response:
        client = by or {"vet": self.vetter, "approve": self.approver, "declare": self.lead, "withdraw": self.lead}.get(
            verb, self.vetter
        )
        bodies = {"declare", "reject", "hold", "quality-check"}
        sent = {"json": body} if verb in bodies else {}
        return await client.post(f"{self.claim}/{verb}", headers={"If-Match": tag}, **sent)

    async def upto(self, *verbs: str) -> None:
        """A claim for the six sessions of the quarter, opened and taken through these steps."""
        await self.record(*DAYS)
        answers = [await self.open(), *[await self.step(verb) for verb in verbs]]
        assert all(answer.is_success for answer in answers), [answer.text for answer in answers]

    async def seen(self, by: httpx.AsyncClient | None = None) -> dict[str, Any]:
        return (await (by or self.lead).get(self.claim)).json()

    async def state(self) -> str:
        return (await self.seen())["state"]

    async def steps(self) -> list[dict[str, Any]]:
        return (await self.lead.get(f"{self.claim}/steps")).json()["data"]

    async def calculate(self, period: dict[str, str] = PERIOD) -> str:
        body = {"scheme": self.scheme_id, "period": period}
        answer = await self.manager.post("/v1/payment-runs", json=body)
        assert answer.status_code == 202, answer.text
        await self.live.work()
        return f"/v1/payment-runs/{answer.json()['result']['payment_run']}"

    async def lines(self, run: str) -> list[dict[str, Any]]:
        return (await self.manager.get(f"{run}/statements/{self.practice}")).json()["lines"]

    async def line(self, run: str) -> tuple[str, bool, str]:
        """What the run pays the practice, whether it is blocked, and why."""
        (line,) = await self.lines(run)
        return line["amount"], line["blocked"], line["sentence"]

    async def release(self, run: str) -> None:
        releaser = await self.live.as_role("payments_releaser", tenant=self.tenant)
        for client, verb in ((self.approver, "approve"), (releaser, "release")):
            answer = await client.post(f"{run}/{verb}", headers=ANY)
            assert answer.status_code == 200, answer.text

    async def pay(self, period: dict[str, str] = PERIOD) -> str:
        run = await self.calculate(period)
        await self.release(run)
        return run

    async def backdate(self, rate: str) -> None:
        """A new version for the whole year with another rate."""
        known = (await self.manager.get(f"{self.scheme}/versions")).json()["data"][-1]["definition"]
        dearer = {**known, "pay": {**known["pay"], "rate": rate}}
        body = {"applies": YEAR, "definition": dearer, "reason": "Backdated rate."}
        made = await self.manager.post(f"{self.scheme}/versions", json=body)
        assert made.status_code == 201, made.text
        answer = await self.manager.post(f"{made.headers['Location']}/publish", headers=ANY)
        assert answer.status_code == 200, answer.text
