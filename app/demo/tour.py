"""The demo's story against the running service: each call, its answer, and the sentence a person would say."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import httpx

from app.core.clock import add_months, quarter_start
from app.demo import files, world
from app.demo.calls import Caller, CallFailed

PRACTICE = world.DEMO_PRACTICE


class Tour:
    """Calls the API as its different people and says what happens. Raises `CallFailed` where the demo does not answer."""

    def __init__(
        self, client: httpx.AsyncClient, keys: dict[str, str], *, today: date, outbox: Path, say: Callable[[str], None]
    ) -> None:
        self.client = client
        self.keys = keys
        self.today = today
        self.outbox = outbox
        self.say = say
        self.step = 0

    def as_(self, role: str) -> Caller:
        return Caller(self.client, self.keys[role])

    def tell(self, sentence: str) -> None:
        self.step += 1
        self.say(f"\n{self.step}. {sentence}")

    async def call(self, role: str, method: str, path: str, *, show: tuple[str, ...] = (), **options: Any) -> Any:
        """One call, printed with what matters of its answer."""
        answer = await self.as_(role).send(method, path, **options)
        body = answer.json() if answer.content else {}
        shown = {name: body.get(name) for name in show} if isinstance(body, dict) else {}
        said = f" {json.dumps(shown, ensure_ascii=False)}" if shown else ""
        self.say(f"   {role}: {method} {_short(path)}")
        self.say(f"   -> {answer.status_code}{said}")
        if answer.status_code >= 500:
            raise CallFailed(answer.text)
        return answer.status_code, body, answer.headers

    async def run(self) -> None:
        self.say("A tour of the demo: the practice is " + PRACTICE)
        lead = await self._scheme("LEAD")
        await self._attendance(lead)
        await self._decisions(lead)
        await self._forum()
        self.tell("That was one attendance list, three people and a patient's question; the rest followed by itself.")

    async def _scheme(self, code: str) -> str:
        rows = await self.as_("practice_manager").every("/v1/incentive-schemes")
        return next(row["id"] for row in rows if row["code"] == code)

    async def _expected(self, scheme: str, start: date) -> tuple[str, str]:
        _, body, _ = await self.call("practice_manager", "GET", _entitlement(scheme, start))
        total, sentence = _figure(body)
        self.say(f"   expected: £{total}: {sentence}")
        return total, sentence

    async def _moved_from(self, before: tuple[str, str], scheme: str, start: date) -> tuple[str, str]:
        """The figure and its sentence once the attendance has become evidence, which takes the worker a moment."""
        after = before
        for _ in range(100):
            after = _figure(await self.as_("practice_manager").get(_entitlement(scheme, start)))
            if after != before:
                break
            await asyncio.sleep(0.1)
        return after

    async def _attendance(self, scheme: str) -> None:
        day = self.today - timedelta(days=1)
        start = quarter_start(day)
        self.tell("What will we be paid this quarter, and why?")
        before = await self._expected(scheme, start)
        self.tell("Yesterday's locality meeting is recorded; attending it counts as a paid session.")
        began = datetime(day.year, day.month, day.day, 13, tzinfo=UTC)
        meeting = {
            "title": "Harbour locality meeting", "purpose": "Agree the winter visiting rota", "level": "commissioner",
            "starts_at": began.isoformat(), "ends_at": (began + timedelta(hours=3)).isoformat(),
            "scheme": scheme, "measure": "lead_session",
        }  # fmt: skip
        _, made, _ = await self.call("engagement_lead", "POST", "/v1/meetings", json=meeting, show=("title", "purpose"))
        team = await self.as_("practice_manager").get(f"/v1/practices/{PRACTICE}")
        name = (team["named_lead"] or {"name": "Dr A Visitor"})["name"]
        sheet = files.attendance([(name, PRACTICE, "gp")])
        path = f"/v1/meetings/{made['id']}/attendance"
        options = {"content": sheet, "headers": {"Content-Type": "text/csv"}}
        shown = ("added", "changed", "removed", "unchanged")
        await self.call("engagement_lead", "PUT", path, show=shown, **options)
        after = await self._moved_from(before, scheme, start)
        # From the third tour of a month on the practice has been to more meetings than it pays for.
        has_room = after[0] != before[0]
        self.tell(
            "The practice's expected pounds rise, and the sentence says why."
            if has_room
            else "This month is full after earlier tours: the sentence says what is recorded and not paid."
        )
        await self._expected(scheme, start)
        self.say(f"   £{before[0]} became £{after[0]}." if has_room else f"   £{before[0]} stays.")
        self.tell("The same list again: nothing moves.")
        await self.call("engagement_lead", "PUT", path, show=shown, **options)
        await self._expected(scheme, start)

    async def _decisions(self, scheme: str) -> None:
        manager = self.as_("scheme_manager")
        waiting = [
            r for r in await manager.every("/v1/payment-runs") if r["scheme"] == scheme and r["state"] == "calculated"
        ]
        if not waiting:
            self.tell("This demo's run has been released on an earlier tour; a fresh home has a new one.")
            return
        run = waiting[0]
        address = f"/v1/payment-runs/{run['id']}"
        self.tell("Last quarter's run is worked out. A second person approves it.")
        _, _, headers = await self.call("payments_approver", "GET", address, show=("state", "practices", "total"))
        tag = {"If-Match": headers["ETag"]}
        _, _, headers = await self.call(
            "payments_approver", "POST", f"{address}/approve", headers=tag, json={}, show=("state",)
        )
        self.tell("The same person may not release it, whichever key they use.")
        me = await self.as_("payments_approver").get("/v1/me")
        made = await self.as_("platform_admin").post(
            "/v1/api-keys",
            {
                "name": "Second key of one person",
                "role": "payments_releaser",
                "commissioner": world.COMMISSIONER,
                "person_id": me["person"]["id"],
            },
        )
        self.keys["the approver's second key"] = made["key"]
        _, _, headers = await self.call("payments_releaser", "GET", address, show=("state",))
        tag = {"If-Match": headers["ETag"]}
        await self.call(
            "the approver's second key", "POST", f"{address}/release", headers=tag, json={}, show=("code", "title")
        )
        self.tell("A third person releases; the remittance mails go out.")
        await self.call(
            "payments_releaser", "POST", f"{address}/release", headers=tag, json={}, show=("state", "pay_by")
        )
        statement = await self._statement(run["id"])
        payment = statement["payments"][0]
        self.say(
            f"   statement {statement['reference']}: £{statement['total']}, payment reference {payment['reference']}"
        )
        self.say(f"   {statement['lines'][0]['sentence']}")
        await self._mail(statement["reference"])

    async def _statement(self, run: str) -> Any:
        for statement in await self.as_("practice_manager").every(f"/v1/practices/{PRACTICE}/statements"):
            if statement["run"] == run:
                return statement
        raise CallFailed("the practice's statement is missing")

    async def _mail(self, reference: str) -> None:
        """The remittance mail on disk, which carries the statement's reference."""
        for _ in range(150):
            for path in sorted(self.outbox.glob("*.eml")) if self.outbox.exists() else ():
                text = path.read_text(errors="replace")
                if reference in text:
                    mail = message_from_string(text, policy=default)
                    self.say(f"   mail to {mail['To']}: {mail['Subject']}")
                    return
            await asyncio.sleep(0.1)
        self.say("   (the mails go to the mail server that is set, not to files)")

    async def _forum(self) -> None:
        self.tell("A patient asked for evening telephone appointments, as other practices have them.")
        coordinator = self.as_("forum_coordinator")
        issue = (await coordinator.get("/v1/issues?limit=1"))["data"][0]
        address = f"/v1/issues/{issue['id']}"
        _, asked, _ = await self.call("forum_coordinator", "GET", address, show=("title", "level"))
        self.say(f"   {(asked['comparison'] or {}).get('sentence', 'Fewer than five practices have answered so far.')}")
        self.tell("The practice answers.")
        reply = {"practice": PRACTICE, "decision": "agreed", "text": "Calls until eight on Tuesdays from January."}
        await self.call("practice_manager", "POST", f"{address}/responses", json=reply, show=("decision", "text"))
        self.tell("And the forum reads what came of it.")
        forum = issue["raised_by"]["id"]
        _, body, _ = await self.call("forum_member", "GET", f"/v1/patient-forums/{forum}/you-said-we-did")
        said = body["data"][0]
        done = next(did for did in said["we_did"] if did["text"] == reply["text"])
        self.say(
            f"   {said['you_said']}: {len(said['we_did'])} answers (whoever declined is not among them), one of them"
        )
        self.say("   " + json.dumps(done, ensure_ascii=False))


def _entitlement(scheme: str, start: date) -> str:
    period = f"{start}/{add_months(start, 3)}"
    return f"/v1/incentive-schemes/{scheme}/entitlement?practice={PRACTICE}&period={period}"


def _figure(body: Any) -> tuple[str, str]:
    figure = body["expected"]
    return figure["total"], figure["lines"][0]["sentence"] if figure["lines"] else ""


def _short(path: str) -> str:
    return path.partition("?")[0]


async def tour(home: Path, *, today: date, outbox: Path, say: Callable[[str], None] = print) -> None:
    """Play it against the demo whose keys are in `home`."""
    known = json.loads((home / "demo-keys.json").read_text())
    async with httpx.AsyncClient(base_url=known["base_url"], timeout=30, trust_env=False) as client:
        try:
            await Tour(client, known["keys"], today=today, outbox=outbox, say=say).run()
        except httpx.ConnectError as error:
            raise CallFailed(f"Nothing answers at {known['base_url']}; start `plenary up` first.") from error
