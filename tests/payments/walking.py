"""A walk by chance through the life of runs: anybody tries anything at any time, on the real services and database."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx

from app.calculation.service import check_definition, check_period, evaluate, measures_needed, parse_definition
from app.core.clock import Period, add_months
from app.payments.values import OPEN, POSTED
from app.schemes import service as service_of_schemes
from app.schemes.errors import FactsRefused
from app.schemes.values import ApprovalBand, FactEntry
from app.storm.inventing import FACTS, ORGANISATIONS, invent_definition
from tests.factories import schemes
from tests.factories.organisations import make_list_size
from tests.factories.payments import Office
from tests.factories.service import LivePlenary
from tests.payments.walking_beside import WAIVE_BELOW, Beside

START = date(2014, 4, 1)
YEAR = Period(START, add_months(START, 12))
QUARTERS = [Period(add_months(START, at), add_months(START, at + 3)) for at in (0, 3, 6, 9)]
ROLES = ("scheme_manager", "payments_approver", "payments_releaser")
TWO_FROM = (ApprovalBand(at_least=2_000_000, approvers=2),)
Paid = dict[tuple[str, str, str], int]
"""Pence by practice, component and payee."""


@dataclass(slots=True)
class Walk:
    """`people` have one key for each role: each of them may try every step, and must not take two that differ."""

    random: Random
    office: Office
    people: list[dict[str, httpx.AsyncClient]]
    beside: Beside
    facts: dict[str, FactEntry] = field(default_factory=dict)
    as_released: dict[str, list[str]] = field(default_factory=dict)
    lists: int = 0
    taken: list[str] = field(default_factory=list)
    suppliers: set[str] = field(default_factory=set)

    @classmethod
    async def begin(cls, live: LivePlenary, seed: int) -> "Walk":
        random, tenant = Random(seed), await live.fresh_tenant()
        codes = [f"{tenant}{mark}" for mark in "ABC"[: random.randint(1, 3)]]
        for code in codes:
            await live.make_practice(code, tenant, registered="4200.25", weighted="4100", list_as_at=START)
        office = await Office.sign_up(
            live,
            tenant,
            codes,
            definition=definition(random),
            applies=YEAR,
            financial_year="2014/15",
            historical=True,
            waive_below=WAIVE_BELOW,
        )
        await office.settle(TWO_FROM)
        people = []
        for name in ("Ada Wren", "Ben Alder", "Cy Elm", "Dot Rowan"):
            person = await live.make_person(name, tenant=tenant)
            people.append({role: await live.as_role(role, tenant=tenant, person=person) for role in ROLES})
        return cls(random, office, people, await Beside.begin(random, office, people))

    @property
    def live(self) -> LivePlenary:
        return self.office.live

    async def take(self, steps: int) -> None:
        actions = (
            *[self.record] * 3,
            self.withdraw,
            self.correct_list,
            self.backdate,
            self.name_supplier,
            *[self.move_on] * 12,
            self.request,
            self.approve,
            self.release,
            self.reject,
            *[self.beside.go_on] * 6,
            *[self.beside.look_at_debts] * 2,
        )
        for _ in range(steps):
            action = self.random.choice(actions)
            self.taken.append(action.__name__)
            self.live.clock.instant += timedelta(seconds=1)
            await action()
            await self.look_round()

    def anybody(self, role: str) -> httpx.AsyncClient:
        return self.random.choice(self.people)[role]

    def a_day(self) -> date:
        return START + timedelta(self.random.randint(0, YEAR.days - 1))

    async def record(self) -> None:
        external_id = f"f{self.random.randint(0, 9)}"
        before = self.facts.get(external_id)
        fact = FactEntry(
            external_id,
            before.practice if before else self.random.choice(self.office.practices),
            self.random.choice(FACTS),
            self.a_day(),
            Decimal(self.random.randint(0, 3000)).scaleb(-2),
            subject=self.random.choice((None, "p1", "p2")),
        )
        if fact.measure not in await self._facts_read():
            return
        try:
            await self.office.record(fact, confirmed=before is not None or self.random.randint(0, 4) > 0)
        except FactsRefused as refused:
            if {each.code for each in refused.errors} != {"schemes.above_whole"}:
                raise
        else:
            self.facts[external_id] = fact

    async def _facts_read(self) -> set[str]:
        rows = await self.rows(
            "SELECT definition FROM scheme_version WHERE scheme_id = $1 AND state = 'published'", self.office.scheme
        )
        return {name for row in rows for name in measures_needed(parse_definition(json.loads(row["definition"]))).facts}

    async def withdraw(self) -> None:
        if self.facts:
            fact = self.facts.pop(self.random.choice(list(self.facts)))
            await self.office.record(
                schemes.a_fact(fact.practice, fact.external_id, fact.on, None, measure=fact.measure)
            )

    async def correct_list(self) -> None:
        self.lists += 1
        registered, weighted = (str(Decimal(self.random.randint(0, 1_000_000)).scaleb(-2)) for _ in range(2))
        await make_list_size(
            self.live,
            self.random.choice(self.office.practices),
            as_at=self.random.choice([quarter.valid_from for quarter in QUARTERS]),
            registered=registered,
            weighted=weighted,
            source=f"correction {self.lists}",
            recorded_at=self.live.clock.now(),
        )

    async def backdate(self) -> None:
        async with self.live.session(self.office.tenant) as session:
            await schemes.publish(session, self.office.scheme, definition(self.random), applies=YEAR)

    async def name_supplier(self) -> None:
        """Organisations that are paid in place of practices: until somebody has named them, their lines are 0.00."""
        if unknown := sorted(set(ORGANISATIONS) - self.suppliers):
            code = self.random.choice(unknown)
            await self.office.name_supplier(code, kind="organisation")
            self.suppliers.add(code)

    async def request(self) -> None:
        period = self.random.choice(QUARTERS)
        body = {
            "scheme": str(self.office.scheme),
            "period": {"from": period.valid_from.isoformat(), "until": period.end.isoformat()},
        }
        answer = await self.anybody("scheme_manager").post("/v1/payment-runs", json=body)
        assert answer.status_code in {202, 409}, answer.text
        await self.live.work()

    async def move_on(self) -> None:
        """What the newest run waits for, or else another run; half the time a debt comes first, before a run takes it back."""
        if self.beside.is_owed and self.random.randint(0, 1):
            await self.beside.look_at_debts()
            return
        newest = await self.newest_run()
        next_step = {"calculated": self.approve, "approved": self.release}
        await next_step.get(newest["state"] if newest else "", self.request)()

    async def approve(self) -> None:
        await self._decide("approve", "payments_approver")

    async def reject(self) -> None:
        await self._decide("reject", "payments_approver", reason="To be looked at again.")

    async def release(self) -> None:
        run_id = await self._decide("release", "payments_releaser")
        if run_id is not None:
            self.as_released[run_id] = await self.statements(run_id)
            await self.beside.hear_of(run_id)

    async def _decide(self, verb: str, role: str, **body: str) -> str | None:
        """About the newest run, whatever its state; its id where the decision was taken."""
        newest = await self.newest_run()
        if newest is None:
            return None
        answer = await self.office.decide(str(newest["id"]), verb, by=self.anybody(role), **body)
        assert answer.status_code in {200, 403, 409}, answer.text
        return str(newest["id"]) if answer.status_code == 200 and answer.json()["state"] == "released" else None

    async def newest_run(self) -> Any:
        runs = await self.rows(
            "SELECT id, state FROM payment_run WHERE scheme_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1",
            self.office.scheme,
        )
        return runs[0] if runs else None

    async def statements(self, run_id: str) -> list[str]:
        """Each statement of the run as its readers get it."""
        page = await self.office.manager.get(f"/v1/payment-runs/{run_id}/statements", params={"limit": 200})
        codes = [each["practice"] for each in page.json()["data"]]
        return [(await self.office.manager.get(f"/v1/payment-runs/{run_id}/statements/{code}")).text for code in codes]

    async def look_round(self) -> None:
        """What holds at every moment: one open run, and released by as many different people as it needs."""
        runs = await self.rows("SELECT * FROM payment_run WHERE scheme_id = $1", self.office.scheme)
        assert sum(run["state"] in OPEN for run in runs) <= 1
        for run in runs:
            if run["state"] in POSTED:
                assert len(set(run["approvers"])) >= run["approvers_required"]
                assert len({run["calculated_by"], run["released_by"], *run["approvers"]}) == 2 + len(run["approvers"])
        await self.beside.look_round()

    async def close(self) -> None:
        """Whatever is open is decided, and one more run of the last quarter brings all differences."""
        open_runs = await self.rows(
            "SELECT id FROM payment_run WHERE scheme_id = $1 AND state IN ('calculated', 'approved')",
            self.office.scheme,
        )
        for run in open_runs:
            await self.office.decide(str(run["id"]), "reject", reason="The walk is over.")
        await self.pay(QUARTERS[-1])

    async def pay(self, period: Period) -> str:
        run_id = await self.office.calculate(period)
        for person in self.people:
            await self.office.decide(run_id, "approve", by=person["payments_approver"])
        answer = await self.office.decide(run_id, "release")
        assert answer.status_code == 200, answer.text
        await self.beside.hear_of(run_id)
        return run_id

    async def posted(self) -> dict[Period, Paid]:
        found: dict[Period, Paid] = {}
        for row in await self.rows(
            "SELECT l.period_from, l.period_until, s.practice, l.component, l.payee_code, sum(l.amount)::bigint AS amount"
            " FROM payment_run r JOIN payment_statement s ON s.run_id = r.id JOIN payment_line l ON l.statement_id = s.id"
            " WHERE r.scheme_id = $1 AND r.state = ANY($2) GROUP BY 1, 2, 3, 4, 5",
            self.office.scheme,
            list(POSTED),
        ):
            paid = found.setdefault(Period(row["period_from"], row["period_until"]), {})
            if row["amount"]:
                paid[row["practice"], row["component"], row["payee_code"]] = row["amount"]
        return found

    async def due(self, period: Period) -> Paid:
        """A fresh calculation from what is known now, without what any run has kept, and what two people corrected."""
        async with self.live.session(self.office.tenant) as session:
            gathering = service_of_schemes.Gathering(session, self.office.scheme)
            version = await gathering.version_for(period)
            codes = await gathering.participants(period)
            practices = await gathering.inputs(version, period=period, codes=codes)
        results = evaluate(parse_definition(version.definition), period=period, practices=practices)
        found = Counter(self.beside.corrected[period])
        for result in results:
            for line in result.lines:
                if line.payee.type == "practice" or line.payee.code in self.suppliers:
                    found[result.code, line.component, line.payee.code] += line.amount
        return {key: amount for key, amount in found.items() if amount}

    async def released(self) -> list[str]:
        rows = await self.rows(
            "SELECT id FROM payment_run WHERE scheme_id = $1 AND state = ANY($2)", self.office.scheme, list(POSTED)
        )
        return [str(row["id"]) for row in rows]

    async def booked(self, run_id: str) -> Counter[str]:
        """Pence of the run's lines by cost centre, as it was frozen with the run."""
        found = Counter[str]()
        for row in await self.rows(
            "SELECT b.cost_centre, sum(l.amount)::bigint AS amount FROM payment_statement s"
            " JOIN payment_line l ON l.statement_id = s.id JOIN payment_booking b ON b.run_id = s.run_id"
            " AND b.period_from = l.period_from AND b.component = l.component WHERE s.run_id = $1 GROUP BY 1",
            run_id,
        ):
            found[row["cost_centre"]] = row["amount"]
        return found

    async def owed_more(self, run_id: str) -> int:
        """Pence by which payees owe more after the run than before."""
        (row,) = await self.rows(
            "SELECT coalesce(sum(p.brought_forward - p.carried_forward), 0)::bigint AS pence FROM payment_statement s"
            " JOIN payment p ON p.statement_id = s.id WHERE s.run_id = $1",
            run_id,
        )
        return row["pence"]

    async def rows(self, sql: str, *args: Any) -> list[Any]:
        return await self.live.fetch(sql, *args, tenant=self.live.tenants[self.office.tenant])


def definition(random: Random) -> dict[str, Any]:
    """One that pays for each quarter and the whole year, and without claims, which have a walk of their own; without factors,
    whose products may be too large to be paid.
    """
    while True:
        raw = invent_definition(random, (4, 12))
        raw.pop("claims", None)
        parsed = parse_definition(raw)
        problems = [
            *check_definition(parsed, applies=YEAR),
            *(each for quarter in QUARTERS for each in check_period(parsed, period=quarter)),
        ]
        if not problems and '"times"' not in json.dumps(raw["pay"]):
            return raw
