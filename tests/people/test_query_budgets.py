"""A list costs the same number of statements however many rows it has."""

import httpx
import pytest

from tests.factories.queries import counted
from tests.factories.service import LivePlenary


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
