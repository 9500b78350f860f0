"""Long work is watched by whoever started it and whoever may start it; its result may hold what others may not see."""

import httpx
import pytest

from tests.factories.communications import announcement
from tests.factories.service import LivePlenary


async def started(live: LivePlenary, tenant: str) -> tuple[httpx.AsyncClient, str]:
    editor = await live.as_role("editor", tenant=tenant)
    accepted = await editor.post("/v1/announcements", json=announcement(audience={"roles": ["practice_manager"]}))
    assert accepted.status_code == 202
    await live.work()
    return editor, accepted.headers["Location"]


@pytest.mark.parametrize("suffix", ["", "/events"])
async def test_the_starter_and_a_colleague_of_the_same_role_may_watch(shared: LivePlenary, suffix: str) -> None:
    tenant = await shared.fresh_tenant()
    editor, operation = await started(shared, tenant)
    colleague = await shared.as_role("editor", tenant=tenant)
    assert (await editor.get(operation + suffix)).status_code == 200
    assert (await colleague.get(operation + suffix)).status_code == 200


@pytest.mark.parametrize("suffix", ["", "/events"])
@pytest.mark.parametrize("role", ["intranet", "auditor", "scheme_manager"])
async def test_to_everybody_else_there_is_none(shared: LivePlenary, suffix: str, role: str) -> None:
    tenant = await shared.fresh_tenant()
    _, operation = await started(shared, tenant)
    answer = await (await shared.as_role(role, tenant=tenant)).get(operation + suffix)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_starters_other_key_may_watch(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    person = await shared.make_person("Eve Editor", tenant=tenant)
    editor = await shared.as_role("editor", tenant=tenant, person=person)
    answer = await editor.post("/v1/announcements", json=announcement(audience={"roles": ["practice_manager"]}))
    other = await shared.as_role("auditor", tenant=tenant, person=person)
    assert (await other.get(answer.headers["Location"])).status_code == 200
