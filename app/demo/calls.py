"""A small client of the API, as somebody who integrates with it would write one."""

import asyncio
from typing import Any

import httpx


class CallFailed(Exception):
    """An answer that was not expected; the text has the problem's own words."""


class Caller:
    """One credential. `get`, `post` … return the decoded body; other statuses than expected raise `CallFailed`."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self._headers | options.pop("headers", {})
        return await self._client.request(method, path, headers=headers, **options)

    async def _expect(self, method: str, path: str, **options: Any) -> Any:
        answer = await self.send(method, path, **options)
        if answer.status_code >= 400:
            raise CallFailed(f"{method} {path}: {answer.status_code} {answer.text[:600]}")
        return answer.json() if answer.content else None

    async def get(self, path: str, **options: Any) -> Any:
        return await self._expect("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return await self._expect("POST", path, json=body if body is not None else {}, **options)

    async def put(self, path: str, body: Any, **options: Any) -> Any:
        return await self._expect("PUT", path, json=body, **options)

    async def delete(self, path: str) -> None:
        await self._expect("DELETE", path, headers={"If-Match": "*"})

    async def decide(self, path: str, body: Any = None) -> Any:
        """A decision about what the caller has just read: its address without the verb gives the ETag."""
        tag = (await self.send("GET", path.rsplit("/", 1)[0])).headers["ETag"]
        return await self.post(path, body, headers={"If-Match": tag})

    async def upload(self, kind: str, content: bytes, *, seconds: float = 60, **fields: str) -> Any:
        """Import a file and wait until it is in, every row of it."""
        operation = await self._expect(
            "POST", "/v1/imports", data={"kind": kind} | fields, files={"file": (f"{kind}.csv", content, "text/csv")}
        )
        done = await self.finished(operation, seconds=seconds)
        if done["result"]["rejected"]:
            raise CallFailed(f"{kind}: {done['result']}")
        return done

    async def finished(self, operation: Any, *, seconds: float = 60) -> Any:
        """Wait for long work; its operation when it succeeded."""
        async with asyncio.timeout(seconds):
            while operation["status"] in ("queued", "running"):
                await asyncio.sleep(0.1)
                operation = await self.get(f"/v1/operations/{operation['id']}")
        if operation["status"] == "failed":
            raise CallFailed(f"{operation['kind']}: {operation['problem']}")
        return operation

    async def every(self, path: str) -> list[Any]:
        """All pages of a list."""
        found: list[Any] = []
        cursor = None
        while True:
            separator = "&" if "?" in path else "?"
            page = await self.get(path + (f"{separator}cursor={cursor}" if cursor else ""))
            found += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found
