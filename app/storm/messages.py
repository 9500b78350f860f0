"""An announcement to very many people in a storm: one delivery each, nobody left out, nobody written to twice unseen."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from app.core.clock import SystemClock, london_date
from app.demo.calls import Caller
from app.storm import registers
from app.storm.ground import Ground, ground
from app.storm.sink import Sink, running_sink
from app.storm.weather import Say, Storm, killed

COMMISSIONER: Final = "ZZ000"
PRACTICES: Final = 100
DOMAIN: Final = "storm.example"


async def storm_messages(people: int, kills: int, *, say: Say) -> list[str]:
    """First as files, then over SMTP; what is wrong comes back, one sentence each."""
    faults = [killed("worker", after=(number + 1) / (kills + 1)) for number in range(kills)]
    async with ground() as here, running_sink() as sink:
        say("Starting the service in a home of its own")
        await here.start()
        storm = Messages(here, people, say)
        await storm.prepare()
        await storm.play("as files", Storm(here, faults, say), lambda: _files(here))
        storm.check_files()
        await here.stop()
        await here.start(smtp_url=f"smtp://127.0.0.1:{sink.port}", mail_from=f"Plenary <plenary@{DOMAIN}>")
        await storm.play("over SMTP", Storm(here, faults, say), lambda: len(sink.taken))
        storm.check_copies(sink, kills)
        return storm.problems


class Messages:
    def __init__(self, here: Ground, people: int, say: Say) -> None:
        self.here = here
        self.people = people
        self.say = say
        self.problems: list[str] = []
        self.editor = Caller(here.client, "")
        self.counts: dict[str, int] = {}
        self.deliveries: list[dict[str, Any]] = []

    async def prepare(self) -> None:
        """A place with invented practices, and everybody in a post at one of them."""
        platform = await self.here.make_platform_key()
        await platform.post("/v1/commissioners", {"code": COMMISSIONER, "name": "Storm", "kind": "sub_icb_location"})
        admin = await self._caller(platform, "commissioner_admin")
        self.editor = await self._caller(platform, "editor")
        self.say(f"Importing {self.people:,} people")
        practices = [f"ZZ{n:04}" for n in range(PRACTICES)]
        await platform.upload("ods-practices", registers.register(dict.fromkeys(practices, COMMISSIONER)))
        everybody = (
            (practices[n % PRACTICES], "staff", f"Person {n}", f"person{n}@{DOMAIN}") for n in range(self.people)
        )
        today = london_date(SystemClock().now())
        await admin.upload("people", registers.people(everybody, today), seconds=600)

    async def _caller(self, platform: Caller, role: str) -> Caller:
        person = {"name": f"Storm {role}", "email": f"{role}@{DOMAIN}"}
        wanted = {"name": role, "role": role, "commissioner": COMMISSIONER, "person": person}
        return Caller(self.here.client, (await platform.post("/v1/api-keys", wanted))["key"])

    async def play(self, words: str, storm: Storm, count: Callable[[], int]) -> None:
        """Announce, break things while mail goes out, and wait until all of it is settled."""
        self.say(f"Announcing to {self.people:,} people {words}")
        before = count()
        announcement = {
            "title": f"Announced {words}", "body_markdown": "One each.", "audience": {"roles": ["staff"]},
        }  # fmt: skip
        operation = await self.editor.post("/v1/announcements", announcement)
        while operation["status"] in ("queued", "running"):
            await storm.see(count() - before, self.people)
            await asyncio.sleep(0.2)
            operation = await self.editor.get(f"/v1/operations/{operation['id']}")
        address = f"/v1/announcements/{operation['result']['announcement']}"
        self.counts = (await self.editor.get(address))["counts"]
        self.deliveries = await self.editor.every(f"{address}/deliveries?limit=200")
        self.problems += storm.problems
        if storm.missed:
            self.problems.append(f"{words}: over before these could happen: {', '.join(storm.missed)}")
        self._check_rows(words)

    def _check_rows(self, words: str) -> None:
        self.say(
            f"  {self.counts['recipients']:,} recipients, {self.counts['sent']:,} sent, {self.counts['in_doubt']} in doubt"
        )
        recipients = {each["person_id"] for each in self.deliveries}
        if not len(recipients) == len(self.deliveries) == self.counts["recipients"] == self.people:
            self.problems.append(f"{words}: {len(self.deliveries):,} deliveries to {len(recipients):,} people")
        unsent = self.people - self.counts["sent"]
        if unsent:
            self.problems.append(f"{words}: {unsent:,} were not sent: {self.counts}")

    def check_files(self) -> None:
        """A file is named by its delivery: none is missing and, by the name, none is there twice."""
        files = {path.stem for path in self.here.outbox.glob("*.eml")}
        named = {each["id"] for each in self.deliveries}
        if not named <= files:
            self.problems.append(f"as files: {len(named - files):,} deliveries have no file")
        self.say(f"  {len(named & files):,} files, one for each delivery")

    def check_copies(self, sink: Sink, kills: int) -> None:
        """Each Message-ID arrived; a second copy for each kill at most, and each of them is in the list of doubts."""
        copies = Counter(sink.taken)
        named = {f"<{each['id']}@{DOMAIN}>" for each in self.deliveries}
        twice = {message_id for message_id, number in copies.items() if number > 1}
        doubted = {f"<{each['id']}@{DOMAIN}>" for each in self.deliveries if each["in_doubt"]}
        if lost := named - copies.keys():
            self.problems.append(f"over SMTP: {len(lost):,} never arrived")
        if sum(copies.values()) - len(copies) > kills or not twice <= doubted:
            self.problems.append(f"over SMTP: {len(twice)} arrived twice, {len(doubted)} of all are listed as in doubt")
        self.say(
            f"  {len(copies):,} Message-IDs arrived, {len(twice)} of them twice, {len(doubted)} listed as in doubt"
        )


def _files(here: Ground) -> int:
    return sum(1 for _ in here.outbox.glob("*.eml")) if here.outbox.exists() else 0
