"""Schemes for tests, made as a commissioner's office makes them: over HTTP."""

from typing import Any

import httpx

from tests.factories.schemes import SESSIONS
from tests.factories.service import LivePlenary

SCHEME = {
    "code": "LEAD",
    "title": "A named lead in every practice",
    "purpose": "Two sessions a month.",
    "financial_year": "2026/27",
    "budget": {"per_head": "2.00", "basis": "registered"},
}
YEAR = {"from": "2026-04-01", "until": "2027-04-01"}
SIGNATORY = {"name": "Dr Ada Wren", "capacity": "contract_holder"}


async def a_tenant(shared: LivePlenary, *practices: str, **facts: Any) -> tuple[str, list[str]]:
    tenant = await shared.fresh_tenant()
    # Counted, because the register is one for all tenants and chance would now and then make a code twice.
    codes = [f"Y{len(shared.tenants):04d}{mark}" for mark in practices]
    for code in codes:
        await shared.make_practice(code, tenant, **facts)
    return tenant, codes


async def a_live_scheme(manager: httpx.AsyncClient, definition: dict[str, Any] = SESSIONS, **members: Any) -> str:
    """The path of a scheme with one published version over the whole year."""
    made = await manager.post("/v1/incentive-schemes", json={**SCHEME, **members})
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    body = {"applies": YEAR, "definition": definition, "reason": "First version."}
    version = await manager.post(f"{path}/versions", json=body)
    assert (version.status_code, version.json()["n"], version.json()["state"]) == (201, 1, "draft"), version.text
    published = await manager.post(f"{path}/versions/1/publish", headers={"If-Match": version.headers["ETag"]})
    assert published.status_code == 200, published.text
    return path


async def sign_up(manager: httpx.AsyncClient, path: str, *codes: str, **more: Any) -> httpx.Response:
    rows = [{"practice": code, "signed_on": "2026-04-03", "signatory": SIGNATORY, **more} for code in codes]
    return await manager.post(f"{path}/sign-ups", json={"sign_ups": rows})


def a_fact(practice: str, external_id: str, on: str = "2026-05-06", **more: Any) -> dict[str, Any]:
    return {"external_id": external_id, "practice": practice, "measure": "lead_session", "on": on, "value": "1", **more}
