"""Runs of many commissioners in a storm: each ends, once, with the same digests as in calm, and right to the penny."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, Final, TypeVar

from app.core.clock import add_months, financial_year_start
from app.demo.calls import Caller
from app.storm.england import England, quarter_of_two_pounds
from app.storm.ground import Ground, ground
from app.storm.weather import EVERYTHING, Fault, Say, Storm

PLAIN_DEFINITION: Final = {
    "language": 1,
    "measures": {"list": {"kind": "list_size", "basis": "registered", "snapshot": "year_start"}},
    "pay": {"type": "per_head", "id": "engagement", "rate": "2.00", "rate_per": "year", "measure": "list"},
}
NOWHERE: Final = "redis://127.0.0.1:1/0"
AT_ONCE: Final = 8
Thing = TypeVar("Thing")
Found = TypeVar("Found")


@dataclass(slots=True)
class Place:
    """One commissioner: who asks for runs, who rejects them, and its scheme."""

    code: str
    manager: Caller
    approver: Caller
    scheme: str = ""
    run: str = ""
    operation: str = ""


Result = tuple[str, str, str, int]
"""What a run ended with: digest of its inputs, digest of its outputs, total and statements."""


async def storm_payments(england: England, financial_year: str, *, say: Say) -> list[str]:
    """Plays it and says how it goes; what is wrong comes back, one sentence each."""
    async with ground() as here:
        say("Starting the service in a home of its own")
        await here.start()
        storm = Payments(here, england, financial_year, say)
        await storm.prepare()
        calm = await storm.play("in calm", ())
        await storm.check_pennies()
        for words, faults in (("in a storm", EVERYTHING), ("without Valkey", ())):
            if not faults:
                await here.stop()
                await here.start(redis_url=NOWHERE)
            await storm.reject_all()
            storm.compare(calm, await storm.play(words, faults), words)
        return storm.problems


class Payments:
    def __init__(self, here: Ground, england: England, financial_year: str, say: Say) -> None:
        self.here = here
        self.england = england
        self.financial_year = financial_year
        self.start = financial_year_start(financial_year)
        self.say = say
        self.places: list[Place] = []
        self.problems: list[str] = []

    async def prepare(self) -> None:
        platform = await self.here.make_platform_key()
        for code in self.england.lists:
            wanted = {"code": code, "name": code, "kind": "sub_icb_location"}
            await platform.post("/v1/commissioners", wanted)
        self.say(f"Importing {self.england.practices:,} practices")
        await platform.upload("gp-payments", self.england.content, seconds=600, financial_year=self.financial_year)
        self.say(f"Publishing one scheme for each of {len(self.england.lists)} commissioners")
        await _each(self.england.lists, lambda code: self._open(platform, code))

    async def _open(self, platform: Caller, code: str) -> None:
        place = Place(
            code,
            manager=await self._caller(platform, "scheme_manager", code),
            approver=await self._caller(platform, "payments_approver", code),
        )
        scheme = {
            "code": "STORM", "title": "Engagement", "purpose": "Paid by the head.", "financial_year": self.financial_year,
        }  # fmt: skip
        place.scheme = (await place.manager.post("/v1/incentive-schemes", scheme))["id"]
        address = f"/v1/incentive-schemes/{place.scheme}"
        applies = {"from": self.start.isoformat(), "until": add_months(self.start, 12).isoformat()}
        version = {"applies": applies, "definition": PLAIN_DEFINITION, "reason": "First version"}
        n = (await place.manager.post(f"{address}/versions", version))["n"]
        await place.manager.decide(f"{address}/versions/{n}/publish")
        signatory = {"name": "Dr A Signatory", "capacity": "contract_holder"}
        # Some have closed since; what they earned while they were open is still theirs.
        sign_ups = [
            {"practice": practice, "signed_on": self.start.isoformat(), "signatory": signatory, "historical": True}
            for practice in self.england.lists[code]
        ]
        await place.manager.post(f"{address}/sign-ups", {"sign_ups": sign_ups})
        self.places.append(place)

    async def _caller(self, platform: Caller, role: str, code: str) -> Caller:
        person = {"name": f"{role} of {code}", "email": f"{role}.{code}@example.org".lower()}
        wanted = {"name": role, "role": role, "commissioner": code, "person": person}
        return Caller(self.here.client, (await platform.post("/v1/api-keys", wanted))["key"])

    async def play(self, words: str, faults: Sequence[Fault]) -> dict[str, Result]:
        """One quarter's run for each commissioner; what each ended with."""
        self.say(f"{len(self.places)} runs {words}")
        storm = Storm(self.here, faults, self.say)
        await _each(self.places, self._request)
        await storm.see(0, len(self.places))
        waiting = list(self.places)
        while waiting:
            ended = await _each(waiting, self._has_ended)
            waiting = [place for place, is_over in zip(waiting, ended, strict=True) if not is_over]
            await storm.see(len(self.places) - len(waiting), len(self.places))
            await asyncio.sleep(0.1)
        self.problems += storm.problems
        if storm.missed:
            self.say(f"  over before they could happen: {', '.join(storm.missed)}")
        results = await _each(self.places, self._result)
        return dict(zip((place.code for place in self.places), results, strict=True))

    async def _request(self, place: Place) -> None:
        period = {"from": self.start.isoformat(), "until": add_months(self.start, 3).isoformat()}
        operation = await place.manager.post("/v1/payment-runs", {"scheme": place.scheme, "period": period})
        place.operation, place.run = operation["id"], operation["result"]["payment_run"]

    async def _has_ended(self, place: Place) -> bool:
        operation = await place.manager.get(f"/v1/operations/{place.operation}")
        if operation["status"] == "failed":
            self.problems.append(f"{place.code}: the run failed: {operation['problem']}")
        return operation["status"] in ("succeeded", "failed")

    async def _result(self, place: Place) -> Result:
        run = await place.manager.get(f"/v1/payment-runs/{place.run}")
        return run["inputs_digest"], run["outputs_digest"], run["total"], run["practices"]

    async def reject_all(self) -> None:
        """So that the same quarter can be asked for again."""
        await _each(
            self.places,
            lambda place: place.approver.decide(
                f"/v1/payment-runs/{place.run}/reject", {"reason": "Played once more."}
            ),
        )

    def compare(self, calm: dict[str, Result], now: dict[str, Result], words: str) -> None:
        other = [code for code, result in now.items() if calm[code] != result]
        self.problems += [f"{code}: {words} the run ended with other figures than in calm" for code in other]
        if not other:
            self.say(f"  {len(now)} runs ended once, with the same digests")

    async def check_pennies(self) -> None:
        """Every line and total against plain arithmetic on the file."""
        paid = zero = 0
        for place, statements in zip(self.places, await _each(self.places, self._statements), strict=True):
            due = {code: quarter_of_two_pounds(size) for code, size in self.england.lists[place.code].items()}
            found = {each["practice"]: _amount(each) for each in statements}
            if found != due:
                wrong = sorted(code for code in due.keys() | found.keys() if due.get(code) != found.get(code))
                self.problems.append(f"{place.code}: not what plain arithmetic says: {', '.join(wrong[:5])}")
            paid += len(found)
            zero += sum(not amount for amount in found.values())
        self.say(f"  {paid:,} statements, {zero:,} of them 0.00, each as plain arithmetic says")

    async def _statements(self, place: Place) -> list[Any]:
        return await place.manager.every(f"/v1/payment-runs/{place.run}/statements?limit=200")


def _amount(statement: dict[str, Any]) -> Decimal | None:
    """The statement's one line, when total and payment agree with it."""
    (line,) = statement["lines"]
    paid = [payment["total"] for payment in statement["payments"]] or ["0.00"]
    return Decimal(line["amount"]) if [line["amount"]] == paid == [statement["total"]] else None


async def _each(things: Iterable[Thing], call: Callable[[Thing], Awaitable[Found]]) -> list[Found]:
    """A few at once, in order."""
    waiting, found = iter(things), []
    while several := list(islice(waiting, AT_ONCE)):
        found += await asyncio.gather(*(call(thing) for thing in several))
    return found
