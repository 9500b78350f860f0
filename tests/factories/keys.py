"""Keys that somebody makes over HTTP."""

import httpx

from app.core.ids import new_id


async def key_from(maker: httpx.AsyncClient, role: str) -> str:
    """The secret of a key that the maker gives to somebody new."""
    number = new_id().hex[-8:]
    person = {"name": f"Somebody New {number}", "email": f"new{number}@office.example"}
    answer = await maker.post("/v1/api-keys", json={"name": role, "role": role, "person": person})
    assert answer.status_code == 201, answer.text
    return answer.json()["key"]
