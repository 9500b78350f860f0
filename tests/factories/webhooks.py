"""Webhook endpoints that listen to a receiver on this machine, and changes for them to hear of."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from app.communications.service.webhook_sending import FAN_OUT, SEND
from tests.factories.jobs import make_due
from tests.factories.service import LivePlenary
from tests.fakes.receiver import Receiver


@dataclass
class Listening:
    """One tenant with its administrator; endpoints are made with `open`."""

    live: LivePlenary
    tenant: str
    admin: httpx.AsyncClient
    receiver: Receiver

    @classmethod
    async def begin(cls, live: LivePlenary, receiver: Receiver) -> "Listening":
        tenant = await live.fresh_tenant()
        return cls(live, tenant, await live.as_role("commissioner_admin", tenant=tenant), receiver)

    async def open(self, path: str = "/hook", **members: Any) -> dict[str, Any]:
        body = {"url": f"{self.receiver.url}{path}", "events": ["*"]} | members
        answer = await self.admin.post("/v1/webhook-endpoints", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def change(self, *codes: str) -> list[str]:
        """Localities are made, one transaction each; their ids."""
        made = [await self.admin.post("/v1/localities", json={"code": code, "name": code.title()}) for code in codes]
        assert all(answer.status_code == 201 for answer in made), [answer.text for answer in made]
        return [answer.json()["id"] for answer in made]

    async def call(self, endpoint: dict[str, Any], verb: str, **options: Any) -> httpx.Response:
        return await self.admin.post(f"/v1/webhook-endpoints/{endpoint['id']}/{verb}", **options)

    async def get(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        return (await self.admin.get(f"/v1/webhook-endpoints/{endpoint['id']}")).json()

    async def log(self, endpoint: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
        answer = await self.admin.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def tries(self, endpoint: dict[str, Any], delivery: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.admin.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries/{delivery['id']}")
        return answer.json()["tries"]

    async def later(self, **time: float) -> None:
        """Let time pass: for us by the clock, for the database by making the jobs due; then everything is sent."""
        self.live.clock.instant += timedelta(**time)
        for kind in (SEND, FAN_OUT):
            await make_due(self.live, kind, self.tenant)
        await self.live.work()
