"""Forums and issues for tests, made through the API as their own people would."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.core.ids import new_id
from tests.factories.service import NOW, LivePlenary

ISSUE = {"title": "Could practices say how long the queue is?", "body": "Many of us hang up without knowing."}
CONSENT = {"given_on": "2026-10-01", "by": "paper"}


@dataclass
class Ground:
    """A commissioner with practices that nobody else has, and its forum coordinator."""

    live: LivePlenary
    tenant: str
    coordinator: httpx.AsyncClient
    practices: list[str]

    @property
    def tenant_id(self) -> UUID:
        return self.live.tenants[self.tenant]

    async def role(self, role: str, **options: Any) -> httpx.AsyncClient:
        return await self.live.as_role(role, tenant=self.tenant, **options)

    async def more_practices(self, number: int, **facts: Any) -> list[str]:
        codes = [practice_code(self.tenant, len(self.practices) + place) for place in range(number)]
        for code in codes:
            await self.live.make_practice(code, self.tenant, **facts)
        self.practices += codes
        return codes

    async def add_locality(self, *practices: str) -> UUID:
        """A locality with these practices since 2013."""
        locality = new_id()
        await self.live.execute(
            "INSERT INTO locality (commissioner_id, id, code, name) VALUES ($1, $2, $3, 'North')",
            self.tenant_id, locality, f"L{locality.hex[-4:]}", tenant=self.tenant_id,
        )  # fmt: skip
        for code in practices:
            await self.live.execute(
                "INSERT INTO locality_membership (commissioner_id, id, locality_id, practice, valid_from, recorded_at)"
                " VALUES ($1, $2, $3, $4, '2013-04-01', $5)",
                self.tenant_id, new_id(), locality, code, NOW, tenant=self.tenant_id,
            )  # fmt: skip
        return locality

    async def forum(self, **members: Any) -> str:
        body = {"name": f"Forum {new_id().hex[-5:]}", "level": "commissioner"} | members
        answer = await self.coordinator.post("/v1/patient-forums", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def issue(self, forum: str, **members: Any) -> str:
        """An issue of that forum; its address."""
        body = ISSUE | {"raised_by": {"type": "forum", "id": forum}, "practices": None} | members
        answer = await self.coordinator.post("/v1/issues", json=body)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    async def answer(self, issue: str, practice: str, decision: str = "planned", **members: Any) -> httpx.Response:
        manager = await self.role("practice_manager", practice=practice)
        body = {"practice": practice, "decision": decision, "text": f"We say: {decision}."} | members
        return await manager.post(f"{issue}/responses", json=body)

    async def events(self, name: str) -> list[dict[str, Any]]:
        sql = "SELECT subject, payload FROM event WHERE name = $1 ORDER BY change_number, position"
        return [dict(row) for row in await self.live.fetch(sql, f"forums.{name}", tenant=self.tenant_id)]


def practice_code(tenant: str, place: int) -> str:
    return f"Z{tenant[2:]}{place:02d}"[:8]


async def make_ground(live: LivePlenary, practices: int = 2) -> Ground:
    tenant = await live.fresh_tenant()
    ground = Ground(live, tenant, await live.as_role("forum_coordinator", tenant=tenant), [])
    await ground.more_practices(practices)
    return ground
