"""What goes on beside the runs of a walk: queries and corrections, plans and waivers, and what is expected of each of them."""

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from app.calculation.values import Payee
from app.core.clock import Period
from app.core.money import format_pounds
from app.payments import service as service_of_payments
from app.payments.values import OPEN, POSTED
from app.storm.debts import Arrangement, Debts, Owing
from tests.factories.payments import Office

WAIVE_BELOW = 10**9
ANY = {"If-Match": "*"}
_REASON = "It was agreed by telephone."
_LINES = """
SELECT s.reference || '-' || l.no AS line, s.practice, l.component, l.payee_code, l.period_from, l.period_until
FROM payment_run r JOIN payment_statement s ON s.run_id = r.id JOIN payment_line l ON l.statement_id = s.id
WHERE r.scheme_id = $1 AND r.state = ANY($2) ORDER BY r.released_at, s.practice, l.no"""
_PAYMENTS = """
SELECT s.practice, p.payee_type, p.payee_code, p.total, p.payable
FROM payment_statement s LEFT JOIN payment p ON p.statement_id = s.id WHERE s.run_id = $1
ORDER BY 1, 2, 3"""
_POSTED_TO = """
SELECT s.practice, l.payee_type, l.payee_code, sum(l.amount)::bigint AS amount
FROM payment_run r JOIN payment_statement s ON s.run_id = r.id JOIN payment_line l ON l.statement_id = s.id
WHERE r.scheme_id = $1 AND r.state = ANY($2) GROUP BY 1, 2, 3"""
_SAME_HANDS = """
SELECT id FROM payment_correction WHERE decided_by = proposed_by
UNION ALL SELECT id FROM payment_arrangement WHERE agreed_by = proposed_by"""


@dataclass(slots=True)
class Asked:
    """A query about a line. `proposed` is an amount that waits for a second person, with the place of whoever wanted it."""

    path: str
    period: Period
    key: tuple[str, str, str]
    proposed: tuple[int, int] | None = None
    is_answered: bool = False


@dataclass(slots=True)
class Beside:
    """`people` are the walk's, known by their places; `practices` have a key each to ask with."""

    random: Random
    office: Office
    people: list[dict[str, httpx.AsyncClient]]
    practices: dict[str, httpx.AsyncClient]
    asked: list[Asked] = field(default_factory=list)
    corrected: defaultdict[Period, defaultdict[tuple[str, str, str], int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    arranged: dict[str, Arrangement] = field(default_factory=dict)
    debts: Debts = field(default_factory=Debts)
    paid_out: defaultdict[Owing, int] = field(default_factory=lambda: defaultdict(int))
    corrections: int = 0
    agreements: int = 0

    @classmethod
    async def begin(cls, random: Random, office: Office, people: list[dict[str, httpx.AsyncClient]]) -> "Beside":
        practices = {
            code: await office.live.as_role("practice_manager", tenant=office.tenant, practice=code)
            for code in office.practices
        }
        return cls(random, office, people, practices)

    async def ask(self) -> None:
        """A practice asks about a line of a released run."""
        lines = await self._rows(_LINES, self.office.scheme, list(POSTED))
        if not lines:
            return
        line = self.random.choice(lines)
        answer = await self.practices[line["practice"]].post(
            f"/v1/payment-lines/{line['line']}/queries", json={"text": "Which list is this?"}
        )
        assert answer.status_code in {201, 409}, answer.text
        if answer.status_code == 201:
            period, key = (
                Period(line["period_from"], line["period_until"]),
                (line["practice"], line["component"], line["payee_code"]),
            )
            self.asked.append(Asked(answer.headers["Location"], period, key))

    async def go_on(self) -> None:
        """Whatever the newest query waits for; without one, or now and then, another question."""
        if not self.asked or self.random.randint(0, 3) == 0:
            await self.ask()
        elif self.asked[-1].proposed is not None:
            await self._decide(self.asked[-1], self.asked[-1].proposed)
        else:
            await self._answer(self.asked[-1])

    async def _answer(self, query: Asked) -> None:
        """It is upheld with an amount; or an amount that was approved is corrected in its turn."""
        amount = self.random.choice((-1, -1, -1, 1)) * self.random.randint(1, 10 ** self.random.randint(4, 8))
        place = self.random.randrange(len(self.people))
        wanted = {"amount": format_pounds(amount), "reason": "A session was not recorded."}
        answer = {"outcome": "upheld", "text": "You are right.", "correction": wanted}
        verb, body = ("correction", wanted) if query.is_answered else ("answer", answer)
        sent = await self.people[place]["scheme_manager"].post(f"{query.path}/{verb}", json=body, headers=ANY)
        assert sent.status_code == 200, sent.text
        query.proposed = amount, place

    async def _decide(self, query: Asked, proposed: tuple[int, int]) -> None:
        (amount, proposer), place = proposed, self.random.randrange(len(self.people))
        verb = self.random.choice(("approve", "approve", "refuse"))
        body = {"json": {"reason": "Not on the list."}} if verb == "refuse" else {}
        person = self.people[place]["payments_approver"]
        answer = await person.post(f"{query.path}/correction/{verb}", headers=ANY, **body)
        assert answer.status_code == (409 if place == proposer else 200), answer.text
        if place != proposer:
            query.proposed = None
        if place != proposer and verb == "approve":
            query.is_answered = True
            self.corrected[query.period][query.key] += amount
            self.corrections += 1

    @property
    def is_owed(self) -> bool:
        return any(self.debts.owed.values())

    async def look_at_debts(self) -> None:
        """Somebody proposes what is to become of a debt, and somebody agrees to what waits."""
        owing = [each for each, amount in self.debts.owed.items() if amount]
        if owing and (not self.arranged or self.random.randint(0, 1)):
            await self._propose(self.random.choice(owing))
        elif self.arranged:
            await self._agree(self.random.choice(list(self.arranged)))

    async def _propose(self, owing: Owing) -> None:
        place, owed, (practice, payee) = self.random.randrange(len(self.people)), self.debts.owed[owing], owing
        share = self.random.choice((None, self.random.randint(1, owed)))
        way = {"kind": "waive"} if share is None else {"kind": "recover", "most_per_run": format_pounds(share)}
        body = {"practice": practice, "payee": {"type": payee.type, "code": payee.code}, "reason": _REASON, **way}
        answer = await self.people[place]["scheme_manager"].post(self._arrangements, json=body)
        may = share is not None or service_of_payments.is_waivable(owed, WAIVE_BELOW)
        assert answer.status_code == (201 if may else 409), answer.text
        if may:
            self.arranged[answer.json()["id"]] = Arrangement(owing, share, str(place), _REASON)

    async def _agree(self, made: str) -> None:
        place, arrangement = str(self.random.randrange(len(self.people))), self.arranged[made]
        client = self.people[int(place)]["payments_approver"]
        waits = arrangement.share is None and await self._is_run_open()
        answer = await client.post(f"{self._arrangements}/{made}/agree", headers=ANY)
        may = not waits and self.debts.agree(arrangement, by=place, waive_below=WAIVE_BELOW)
        assert answer.status_code == (200 if may else 409), answer.text
        if may:
            del self.arranged[made]
            self.agreements += 1
            await self.compare_debts()

    async def hear_of(self, run_id: str) -> None:
        """A run was released: what it paid, took back and said."""
        rows = await self._rows(_PAYMENTS, run_id)
        for row in rows:
            if row["payee_code"] is not None:
                owing = row["practice"], Payee(row["payee_type"], row["payee_code"])
                self.debts.move(owing, row["payable"] - row["total"])
                self.paid_out[owing] += row["payable"]
        self.debts.say(row["practice"] for row in rows)
        await self.compare_debts()

    async def compare_debts(self) -> None:
        """The ledger's own query says the same of each debt: how much, what the next run takes, what no statement has said."""
        async with self.office.live.session(self.office.tenant) as session:
            found = await service_of_payments.list_balances(session, self.office.scheme)
        assert set(found) == {each for each in self.debts.balances() if each.amount}

    async def look_round(self) -> None:
        assert await self._rows(_SAME_HANDS) == []

    async def look_back(self) -> None:
        """What has left is what was posted, with what is owed still or was waived: to each payee, and nothing else."""
        rows = await self._rows(_POSTED_TO, self.office.scheme, list(POSTED))
        for row in rows:
            owing = row["practice"], Payee(row["payee_type"], row["payee_code"])
            assert self.paid_out[owing] == row["amount"] + self.debts.owed[owing] + self.debts.waived[owing]

    @property
    def _arrangements(self) -> str:
        return f"/v1/incentive-schemes/{self.office.scheme}/arrangements"

    async def _is_run_open(self) -> bool:
        sql = "SELECT 1 FROM payment_run WHERE scheme_id = $1 AND state = ANY($2)"
        return bool(await self._rows(sql, self.office.scheme, list(OPEN)))

    async def _rows(self, sql: str, *args: Any) -> list[Any]:
        return await self.office.live.fetch(sql, *args, tenant=self.office.live.tenants[self.office.tenant])
