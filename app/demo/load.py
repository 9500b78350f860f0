"""Loads the demo through the API, while a worker runs beside it: nothing here that a client could not do."""

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from app.access import service as access
from app.access.values import KeyTerms, Role, WantedRole
from app.core.clock import Period, SystemClock, add_months, financial_year, financial_year_start, london_date
from app.core.db import make_engine, unit_of_work
from app.core.ids import PLATFORM_ID
from app.core.settings import Settings
from app.demo import files, world
from app.demo.calls import Caller
from app.demo.stories import LEAD_DEFINITION, PLT_DEFINITION, tell_stories
from app.main import create_app

SAY: Final = print
PRACTICE_ROLES: Final = {"practice_lead": "lead", "practice_manager": "manager", "practice_member": "nurse"}


class Keys:
    """The demo's keys, written to the home as each is made, so that a load that was killed goes on where it was."""

    def __init__(self, path: Path) -> None:
        self.final = path
        self.path = path.with_suffix(".part")
        self.values: dict[str, str] = json.loads(self.path.read_text()) if self.path.exists() else {}

    def keep(self, role: str, key: str) -> None:
        self.values[role] = key
        self._write(self.path, self.values)

    def publish(self, base_url: str) -> None:
        self._write(self.final, {"base_url": base_url, "commissioner": world.COMMISSIONER, "keys": self.values})
        self.path.unlink()

    @staticmethod
    def _write(path: Path, value: Any) -> None:
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(value, file, indent=1)
        fresh.replace(path)


async def load(
    settings: Settings, *, worker: AbstractAsyncContextManager[object], say: Callable[[str], None] = SAY
) -> None:
    """Make the invented commissioner while the worker runs. A second call finds the keys and does nothing."""
    path = settings.home / "demo-keys.json"
    if path.exists():
        say("The demo is loaded already.")
        return
    keys = Keys(path)
    async with worker, _served(settings) as client:
        demo = Demo(client, keys, london_date(SystemClock().now()), say)
        await demo.make_platform_key(settings)
        await demo.register()
        await demo.give_keys()
        await demo.commission()
    keys.publish(settings.base_url)
    say(f"The demo is loaded: {world.COMMISSIONER_NAME}, sixty practices; keys in {path}.")


@asynccontextmanager
async def _served(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The API in this process, for as long as the load takes."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://demo", timeout=60) as client:
            yield client


class Demo:
    def __init__(self, client: httpx.AsyncClient, keys: Keys, today: date, say: Callable[[str], None]) -> None:
        self.client = client
        self.keys = keys
        self.today = today
        self.say = say
        self.practices = world.practices()
        # A year of which at least two quarters are over: in spring and summer that is the one before.
        self.year = financial_year_start(financial_year(add_months(today, -7)))

    def caller(self, role: str) -> Caller:
        return Caller(self.client, self.keys.values[role])

    async def make_platform_key(self, settings: Settings) -> None:
        """The one key that no API can give, as `plenary keys create` makes it."""
        if "platform_admin" in self.keys.values:
            return
        engine = make_engine(settings.sqlalchemy_url("platform"), pool_size=1)
        try:
            wanted = WantedRole(role=Role.PLATFORM_ADMIN, by_platform=True)
            async with unit_of_work(engine, PLATFORM_ID) as session:
                _, key = await access.create_key(session, wanted, KeyTerms(name="Demo"), now=SystemClock().now())
        finally:
            await engine.dispose()
        self.keys.keep("platform_admin", key)

    async def register(self) -> None:
        """The national files of sixty practices that do not exist, then the tenant."""
        self.say("Importing the register of sixty invented practices")
        platform = self.caller("platform_admin")
        opened = date(2013, 4, 1)
        await platform.upload("ods-practices", files.register(self.practices, opened), as_at=self.today.isoformat())
        await platform.upload("list-sizes", files.list_sizes(self.practices, self.year))
        await platform.upload("practice-profile", files.profile(self.practices))
        wanted = {"code": world.COMMISSIONER, "name": world.COMMISSIONER_NAME, "kind": "sub_icb_location"}
        answer = await platform.send("POST", "/v1/commissioners", json=wanted)
        if answer.status_code not in (201, 409):
            raise RuntimeError(answer.text)

    async def give_keys(self) -> None:
        """One key for each role; each role that needs a person with its own."""
        await self._key("commissioner_admin", world.OFFICE["commissioner_admin"])
        admin = self.caller("commissioner_admin")
        self.say("Importing localities and people")
        await admin.upload("localities", files.localities(self.practices, date(2013, 4, 1)))
        await admin.upload("people", files.people(self.practices, self.year))
        locality = next(row for row in await admin.every("/v1/localities") if row["name"] == "Harbour")
        for role, who in world.OFFICE.items():
            boundary = {"type": "locality", "id": locality["id"]} if role == "locality_lead" else None
            await self._key(role, who, boundary)
        own = next(p for p in self.practices if p.code == world.DEMO_PRACTICE)
        for role, post in PRACTICE_ROLES.items():
            who = getattr(own, post) or world.person(7, own.code.lower())
            await self._key(role, who, {"type": "practice", "id": own.code})
        await self._key("auditor", None)
        await self._key("intranet", None)

    async def _key(self, role: str, who: world.Person | None, boundary: dict[str, str] | None = None) -> None:
        if role in self.keys.values:
            return
        wanted: dict[str, Any] = {"name": f"Demo {role}", "role": role, "commissioner": world.COMMISSIONER}
        if boundary:
            wanted["boundary"] = boundary
        if who:
            wanted["person"] = {"name": who.name, "email": who.email}
        if role == "intranet":
            wanted["origins"] = ["http://127.0.0.1:8080", "http://localhost:8080"]
        made = await self.caller("platform_admin").post("/v1/api-keys", wanted)
        self.keys.keep(role, made["key"])

    async def commission(self) -> None:
        """Schemes, meetings, facts, runs, a forum, news."""
        lead = await self._signed_scheme(
            "LEAD", "A named lead in every practice", LEAD_DEFINITION, {"per_head": "2.00", "basis": "registered"}
        )
        plt = await self._signed_scheme(
            "PLT", "Protected half-days with cover", PLT_DEFINITION, {"amount": "420000.00"}
        )
        await tell_stories(self, lead, plt)

    async def _signed_scheme(self, code: str, title: str, definition: dict[str, Any], budget: dict[str, str]) -> str:
        """One that everybody has signed, for two years."""
        until = add_months(self.year, 24)
        scheme = await self.publish(
            code,
            title,
            purpose="Practices meet, are heard and are paid for the time it takes.",
            definition=definition,
            budget=budget,
            applies=Period(self.year, until),
        )
        sign_ups = [
            {
                "practice": p.code,
                "signed_on": (self.year - timedelta(days=20)).isoformat(),
                "until": until.isoformat(),
                "signatory": {
                    "name": (p.lead or p.manager or world.person(1, p.code)).name,
                    "capacity": "contract_holder",
                },
            }
            for p in self.practices
        ]
        await self.caller("scheme_manager").post(f"/v1/incentive-schemes/{scheme}/sign-ups", {"sign_ups": sign_ups})
        return scheme

    async def publish(
        self,
        code: str,
        title: str,
        *,
        purpose: str,
        definition: dict[str, Any],
        budget: dict[str, str],
        applies: Period,
    ) -> str:
        """Draft, check, publish; the scheme's id, whether it is new or not."""
        self.say(f"Publishing the scheme “{title}”")
        manager = self.caller("scheme_manager")
        known = {row["code"]: row["id"] for row in await manager.every("/v1/incentive-schemes")}
        if code in known:
            return known[code]
        made = await manager.post(
            "/v1/incentive-schemes",
            {
                "code": code,
                "title": title,
                "purpose": purpose,
                "financial_year": financial_year(applies.valid_from),
                "budget": budget,
                "pay_code": f"LIS{code}",
                "cost_centre": "900123",
            },
        )
        address = f"/v1/incentive-schemes/{made['id']}"
        version = {
            "applies": {"from": applies.valid_from.isoformat(), "until": applies.end.isoformat()},
            "definition": definition,
            "reason": "First version",
        }
        n = (await manager.post(f"{address}/versions", version))["n"]
        await manager.decide(f"{address}/versions/{n}/publish")
        return made["id"]
