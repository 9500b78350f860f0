"""A client that keeps copies of what it may see and follows the change feed, as a phone does."""

import random
from dataclasses import dataclass, field
from typing import Any

import httpx

LISTS = {"announcement": "/v1/announcements", "locality": "/v1/localities", "meeting": "/v1/meetings"}
# What becomes of deliveries is no change of an announcement.
MOVING = ("counts", "audience", "practice_count", "registered_patients")


def copied(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in MOVING}


async def read_all(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    url: str | None = f"{path}?limit=200"
    while url:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["data"]
        url = answer.links.get("next", {}).get("url")
    return rows


async def read_afresh(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """All that the client may see, by address."""
    found: dict[str, dict[str, Any]] = {}
    for path in LISTS.values():
        found |= {f"{path}/{row['id']}": copied(row) for row in await read_all(client, path)}
    return found


@dataclass
class Phone:
    client: httpx.AsyncClient
    rng: random.Random
    cursor: str | None = None
    copies: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[tuple[int, str, str, bool]] = field(default_factory=list)
    resyncs: int = 0

    async def start(self) -> None:
        """The cursor first, then everything: what changes in between is told again."""
        answer = await self.client.get("/v1/changes", params={"kinds": ",".join(LISTS)})
        assert answer.status_code == 200, answer.text
        self.cursor = answer.json()["next_cursor"]
        self.copies = await read_afresh(self.client)

    async def read_a_page(self) -> bool:
        """One page of any length. Whether there is more at once."""
        answer = await self.client.get("/v1/changes", params=self._asked(self.rng.choice((1, 2, 3, 7, 50))))
        if answer.status_code == 410:
            self.resyncs += 1
            await self.start()
            return True
        assert answer.status_code == 200, answer.text
        await self._take(answer.json()["data"])
        self.cursor = answer.json()["next_cursor"]
        return answer.json()["has_more"]

    async def catch_up(self) -> None:
        while await self.read_a_page():
            pass

    def _asked(self, limit: int) -> dict[str, Any]:
        return {"cursor": self.cursor, "kinds": ",".join(LISTS), "limit": limit}

    async def _take(self, changes: list[dict[str, Any]]) -> None:
        for change in changes:
            self.told.append((change["number"], change["kind"], change["id"], change["removed"]))
            found = None if change["removed"] else await self.client.get(change["href"])
            if found is not None and found.status_code == 200:
                self.copies[change["href"]] = copied(found.json())
            else:
                assert found is None or found.status_code == 404, found.text
                self.copies.pop(change["href"], None)
