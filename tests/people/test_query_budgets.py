"""A list costs the same number of statements however many rows it has."""

import httpx
import pytest

from app.people.service import record_bounces
from tests.factories.queries import counted
from tests.factories.service import NOW, LivePlenary


async def cost(shared: LivePlenary, client: httpx.AsyncClient, url: str) -> tuple[int, int]:
    """Rows and statements of a call whose key is known; it is looked up again now and then, so the cheaper of two counts."""
    found = []
    await client.get(url)
    for _ in range(2):
        with counted(shared) as statements:
            answer = await client.get(url)
        found.append((len(answer.json()["data"]), len(statements)))
    return min(found)


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("/v1/people", 1),
        ("/v1/posts", 1),
        # The practice, its register entry and its commissioner; then the team.
        ("/v1/practices/{}/team", 4),
        # One for the page, three for the practices' names.
        ("/v1/leads/vacancies", 4),
    ],
)
async def test_a_list_keeps_its_budget(shared: LivePlenary, path: str, budget: int) -> None:
    tenant = await shared.fresh_tenant()
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    codes = [f"Z{tenant[2:]}{number}" for number in range(6)]
    measured = []
    for wanted in (codes[:2], codes[2:]):
        for code in wanted:
            await shared.make_practice(code, tenant)
            for number in range(3):
                person = {"name": f"Doctor {number}", "email": f"{number}@{code}.example"}
                body = {"role": "gp", "practice": codes[0], "person": person}
                assert (await admin.post("/v1/posts", json=body)).status_code == 201
        measured.append(await cost(shared, admin, path.format(codes[0])))
    (few, first), (many, second) = measured
    assert few < many
    assert first == second <= budget


async def test_many_addresses_that_mail_came_back_from_cost_what_one_does(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    code = f"Z{tenant[2:]}"
    await shared.make_practice(code, tenant)
    addresses = [f"{number}@{code}.example" for number in range(6)]
    for address in addresses:
        body = {"role": "gp", "practice": code, "person": {"name": "Doctor", "email": address}}
        assert (await admin.post("/v1/posts", json=body)).status_code == 201
    asked = []
    for bounced in (addresses[:1], addresses[1:]):
        async with shared.session(tenant) as session:
            with counted(shared) as statements:
                await record_bounces(session, bounced, at=NOW)
                await session.flush()
        asked.append([statement for statement in statements if statement.startswith("SELECT")])
    assert len(asked[0]) == len(asked[1]) == 3
    assert len((await admin.get("/v1/posts?stale=true")).json()["data"]) == 6
