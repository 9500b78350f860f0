"""A town as the service knows it: registered, peopled, with schemes published and a key for everybody who acts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from app.core.clock import SystemClock, add_months, financial_year, financial_year_start, london_date
from app.demo.calls import Caller
from app.storm import registers
from app.storm.ground import Ground
from app.storm.intents import SCHEMES
from app.storm.payments import PLAIN_DEFINITION
from app.storm.town import DOMAIN, Town

OFFICE: Final = (
    "commissioner_admin",
    "editor",
    "scheme_manager",
    "payments_approver",
    "payments_releaser",
    "forum_coordinator",
)


@dataclass(slots=True)
class World:
    """`paying` and `offered` are the schemes' ids; `people` has the keys of persons by name."""

    town: Town
    today: date
    office: dict[str, Caller] = field(default_factory=dict)
    people: dict[str, Caller] = field(default_factory=dict)
    paying: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    forum: str = ""
    cursor: str = ""
    """Of the change feed, before anything is meant."""

    @property
    def year(self) -> date:
        return financial_year_start(financial_year(self.today))

    def quarter(self, number: int) -> dict[str, str]:
        """Those that are over in any case: of the year before this one."""
        start = add_months(self.year, 3 * number - 12)
        return {"from": start.isoformat(), "until": add_months(start, 3).isoformat()}


async def register(platform: Caller, towns: Sequence[Town]) -> None:
    """The national files, once for all towns: a practice that a later file leaves out would be closed."""
    today = london_date(SystemClock().now())
    practices = {code: town.code for town in towns for code in town.practices}
    sizes = {code: size for town in towns for code, size in town.sizes.items()}
    await platform.upload("ods-practices", registers.register(practices), seconds=300)
    start = add_months(financial_year_start(financial_year(today)), -12)
    await platform.upload("list-sizes", registers.list_sizes(practices, sizes, start), seconds=300)


async def build(here: Ground, platform: Caller, town: Town) -> World:
    world = World(town, london_date(SystemClock().now()))
    await platform.post("/v1/commissioners", {"code": town.code, "name": town.code, "kind": "sub_icb_location"})
    for role in OFFICE:
        person = {"name": f"{role} of {town.code}", "email": f"{role}.{town.code}@{DOMAIN}".lower()}
        wanted = {"name": role, "role": role, "commissioner": town.code, "person": person}
        world.office[role] = await _caller(here, platform, wanted)
    admin = world.office["commissioner_admin"]
    await admin.upload("people", registers.people(town.rows(), world.today - timedelta(days=1)))
    for person in town.with_keys:
        role = "practice_manager" if person.role == "practice_manager" else "practice_member"
        named = {"name": person.name, "email": person.email}
        boundary = {"type": "practice", "id": person.practice}
        wanted = {"name": person.name, "role": role, "boundary": boundary, "person": named}
        world.people[person.name] = await _caller(here, admin, wanted)
    forum = {"name": f"Patients of {town.code}", "level": "commissioner"}
    world.forum = (await world.office["forum_coordinator"].post("/v1/patient-forums", forum))["id"]
    for number in range(SCHEMES):
        world.paying.append(await _scheme(world, f"PAID{number}", add_months(world.year, -12)))
        world.offered.append(await _scheme(world, f"OFFERED{number}", world.year))
        await _sign_up(world, world.paying[-1])
    await _until_quiet(world)
    world.cursor = (await admin.get("/v1/changes?limit=1"))["next_cursor"]
    return world


async def _caller(here: Ground, giver: Caller, wanted: dict[str, Any]) -> Caller:
    return Caller(here.client, (await giver.post("/v1/api-keys", wanted))["key"])


async def _scheme(world: World, code: str, start: date) -> str:
    manager = world.office["scheme_manager"]
    scheme = {"code": code, "title": code, "purpose": "Paid by the head.", "financial_year": financial_year(start)}
    made = (await manager.post("/v1/incentive-schemes", scheme))["id"]
    applies = {"from": start.isoformat(), "until": add_months(start, 12).isoformat()}
    version = {"applies": applies, "definition": PLAIN_DEFINITION, "reason": "First version"}
    address = f"/v1/incentive-schemes/{made}/versions"
    n = (await manager.post(address, version))["n"]
    await manager.decide(f"{address}/{n}/publish")
    return made


async def _sign_up(world: World, scheme: str) -> None:
    signed_on = add_months(world.year, -12).isoformat()
    signatory = {"name": "Dr A Signatory", "capacity": "contract_holder"}
    sign_ups = [
        {"practice": code, "signed_on": signed_on, "signatory": signatory, "historical": True}
        for code in world.town.practices
    ]
    await world.office["scheme_manager"].post(f"/v1/incentive-schemes/{scheme}/sign-ups", {"sign_ups": sign_ups})


async def _until_quiet(world: World) -> None:
    """What people are told of their keys and agreements is on its way before the first intent."""
    admin = world.office["commissioner_admin"]
    async with asyncio.timeout(60):
        while (await admin.get("/v1/deliveries?limit=1&state=queued"))["data"]:  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.2)
