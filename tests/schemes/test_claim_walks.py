"""Whatever people try with a claim, in whatever order: it is approved by enough different hands, and paid as declared."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest

from tests.depth import DEEP
from tests.factories.claims import DAYS, PERIOD, Claiming
from tests.factories.service import LivePlenary

BANDS = [{"at_least": "0.00", "approvers": 1}, {"at_least": "900.00", "approvers": 2}]
OFFICE = ("scheme_manager", "claims_vetter", "payments_approver", "payments_releaser")
OF_CLAIMS = ("open", "declare", "vet", "quality-check", "approve", "approve", "withdraw", "reject", "hold", "resume")
NEXT = {"open": "declare", "declared": "vet", "vetted": "approve", "rejected": "open", "withdrawn": "open"}
BODIES = {
    "reject": {"reason_code": "evidence_missing"},
    "hold": {"reason": "A paper is missing."},
    "quality-check": {},
    "declare": {},
}


@dataclass(slots=True)
class ClaimWalk:
    """Two people of the practice and five of the office, who have a key for each of their roles and try every step."""

    random: Random
    claiming: Claiming
    leads: list[httpx.AsyncClient]
    office: list[dict[str, httpx.AsyncClient]]
    run: str = ""
    taken: list[str] = field(default_factory=list)
    releases: int = 0

    @classmethod
    async def begin(cls, live: LivePlenary, seed: int) -> "ClaimWalk":
        random = Random(seed)
        claiming = await Claiming.start(live, bands=BANDS, sample_percent=random.choice((0, 100)))
        leads = [
            await live.as_role("practice_lead", tenant=claiming.tenant, practice=claiming.practice) for _ in range(2)
        ]
        office = []
        for name in ("Ada Wren", "Ben Alder", "Cy Elm", "Dot Rowan", "Eve Birch"):
            person = await live.make_person(name, tenant=claiming.tenant)
            office.append({role: await live.as_role(role, tenant=claiming.tenant, person=person) for role in OFFICE})
        return cls(random, claiming, leads, office)

    async def take(self, steps: int) -> None:
        actions = (*[self.move_on] * 7, self.record, self.try_anything, *[self.pay] * 3)
        for _ in range(steps):
            action = self.random.choice(actions)
            self.taken.append(action.__name__)
            self.claiming.live.clock.instant += timedelta(seconds=1)
            await action()
            await self.look_round()

    def of_office(self, role: str) -> httpx.AsyncClient:
        return self.random.choice(self.office)[role]

    async def record(self) -> None:
        """A session more, or another figure for one that is known: by the office, which confirms, or by the practice."""
        by = self.random.choice((self.of_office("scheme_manager"), self.random.choice(self.leads)))
        answer = await self.claiming.record(self.random.choice(DAYS), by=by, value=str(self.random.randint(0, 2)))
        assert answer.status_code in {200, 201, 409, 422}, answer.text

    async def confirm(self) -> None:
        """What the practice has recorded, without which nothing is vetted."""
        facts = await self.rows("SELECT external_id FROM scheme_fact WHERE superseded_at IS NULL")
        ids = [fact["external_id"] for fact in facts]
        if not ids:
            return
        answer = await self.of_office("scheme_manager").post(
            f"{self.claiming.scheme}/facts/confirm", json={"external_ids": ids}
        )
        assert answer.status_code == 200, answer.text

    async def move_on(self) -> None:
        if not self.claiming.claim:
            await self.claiming.open(by=self.random.choice(self.leads))
            return
        claim = (await self.rows("SELECT * FROM claim ORDER BY opened_at DESC, id DESC LIMIT 1"))[0]
        is_unchecked = claim["is_sampled"] and claim["checked_by"] is None
        if claim["hold_reason"] is not None:
            await self.step("resume")
        elif claim["state"] == "declared" and self.random.randint(0, 2) == 0:
            await self.confirm()
        elif claim["state"] == "vetted" and is_unchecked:
            await self.step("quality-check")
        else:
            await self.step(NEXT.get(claim["state"], "approve"))

    async def try_anything(self) -> None:
        if self.claiming.claim:
            await self.step(self.random.choice(OF_CLAIMS))

    async def step(self, verb: str) -> None:
        if verb == "open":
            answer = await self.claiming.open(by=self.random.choice(self.leads))
        elif verb in {"declare", "withdraw"}:
            answer = await self.claiming.step(verb, by=self.random.choice(self.leads), **BODIES.get(verb, {}))
        else:
            role = {"vet": "claims_vetter", "approve": "payments_approver"}.get(verb, self.random.choice(OFFICE[1:3]))
            answer = await self.claiming.step(verb, by=self.of_office(role), **BODIES.get(verb, {}))
        assert answer.status_code in {200, 201, 403, 409}, answer.text

    async def pay(self) -> None:
        """The next step of a run, whoever takes it."""
        state = (await self.claiming.manager.get(self.run)).json()["state"] if self.run else ""
        step = {"calculated": ("approve", "payments_approver"), "approved": ("release", "payments_releaser")}
        if state not in step:
            body = {"scheme": self.claiming.scheme_id, "period": PERIOD}
            answer = await self.of_office("scheme_manager").post("/v1/payment-runs", json=body)
            await self.claiming.live.work()
            self.run = f"/v1/payment-runs/{answer.json()['result']['payment_run']}"
            return
        verb, role = step[state]
        body = {"json": {"reason": "To be looked at again."}} if self.random.randint(0, 5) == 0 else {}
        verb, role = ("reject", "payments_approver") if body else (verb, role)
        claims = await self.rows("SELECT amount FROM claim WHERE state = 'in_run'")
        answer = await self.of_office(role).post(f"{self.run}/{verb}", headers={"If-Match": "*"}, **body)
        assert answer.status_code in {200, 403, 409}, answer.text
        if claims and answer.status_code == 200 and verb == "release":
            self.releases += 1
            assert pence(answer.json()["total"]) == sum(claim["amount"] for claim in claims), "paid as declared"

    async def look_round(self) -> None:
        """What holds at every moment."""
        for claim in await self.rows("SELECT * FROM claim"):
            hands = [claim["declared_by"], claim["vetted_by"], claim["checked_by"], *claim["approvers"]]
            there = [hand for hand in hands if hand is not None]
            assert len(set(there)) == len(there), self.taken
            if claim["state"] in {"approved", "in_run", "paid"}:
                assert claim["declared_by"] is not None
                assert claim["vetted_by"] is not None
                assert claim["checked_by"] is not None or not claim["is_sampled"]
                assert len(claim["approvers"]) >= (2 if abs(claim["amount"]) >= 90_000 else 1)
        released = await self.rows("SELECT total FROM payment_run WHERE state = 'released' AND total <> 0")
        paid = await self.rows("SELECT id FROM claim WHERE state = 'paid'")
        assert paid or not released, "nothing is paid without a claim"

    async def rows(self, sql: str) -> list[Any]:
        live, tenant = self.claiming.live, self.claiming.live.tenants[self.claiming.tenant]
        return await live.fetch(sql, tenant=tenant)


def pence(pounds: str) -> int:
    return int(pounds.replace(".", ""))


@pytest.mark.parametrize("seed", range(300) if DEEP else (4,))
async def test_a_claim_is_approved_by_enough_different_hands_and_paid_as_declared(
    shared: LivePlenary, seed: int
) -> None:
    walk = await ClaimWalk.begin(shared, seed)
    assert (await walk.claiming.record(*DAYS)).status_code == 201
    await walk.take(150 if DEEP else 60)
    assert walk.releases or DEEP, "the walk in the suite gets as far as a payment"
