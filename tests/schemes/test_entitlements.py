"""Entitlements over HTTP: whether and why there is something to claim."""

import httpx
import pytest

from tests.factories.claims import Claiming
from tests.factories.schemes_over_http import a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary


async def test_one_code_says_why_a_practice_may_not_claim(shared: LivePlenary) -> None:
    tenant, (practice, outside) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)

    async def reason(client: httpx.AsyncClient, code: str, period: str) -> tuple[bool, str | None]:
        answer = await client.get(f"{path}/entitlement", params={"practice": code, "period": period})
        return answer.json()["may_claim"], answer.json()["reason"]

    assert await reason(lead, practice, "2026-04-01/2026-07-01") == (False, None)
    # Nothing has to be claimed, so that neither a window nor a role stands in the way.
    assert await reason(lead, practice, "2026-12") == (False, None)
    assert await reason(manager, practice, "2026-05") == (False, None)
    assert await reason(manager, outside, "2026-05") == (False, "schemes.not_signed_up")
    query = {"practice": outside, "period": "2026-05"}
    found = (await manager.get(f"{path}/entitlement", params=query)).json()
    assert (found["version"], found["so_far"], found["expected"]) == (1, None, None)


@pytest.mark.parametrize("month", ["2026-07", "2026-12"])
async def test_a_month_of_a_scheme_that_is_claimed_by_quarters_is_no_window_that_was_missed(
    shared: LivePlenary, month: str
) -> None:
    claiming = await Claiming.start(shared, every="quarter")
    query = {"practice": claiming.practice, "period": month}
    found = (await claiming.lead.get(f"{claiming.scheme}/entitlement", params=query)).json()
    assert (found["may_claim"], found["reason"]) == (False, "schemes.no_claim_period")
    assert found["explanation"] == "The scheme is claimed, and so paid, for each quarter."
    until = {"2026-07": "2026-08-01", "2026-12": "2027-01-01"}[month]
    refused = await claiming.open({"from": f"{month}-01", "until": until})
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.no_claim_period")


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("soon", "Write 2026-05, 2026/27 or 2026-04-01/2026-07-01."),
        ("2026-10-01/2026-07-01", "The end is not after the beginning; it is the day after the last."),
    ],
)
async def test_what_is_no_period_is_refused_in_its_own_words(shared: LivePlenary, period: str, words: str) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    wrong = await manager.get(f"{path}/entitlement", params={"practice": practice, "period": period})
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [{"pointer": "?period", "code": "wrong_format", "detail": words}]


async def test_an_entitlement_says_in_words_why_there_is_nothing_to_claim(shared: LivePlenary) -> None:
    tenant, (practice, outside) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)

    async def explanation(code: str, period: str) -> str:
        answer = await manager.get(f"{path}/entitlement", params={"practice": code, "period": period})
        return answer.json()["explanation"]

    assert (await explanation(practice, "2026-05")).startswith("Nothing has to be claimed")
    assert (await explanation(outside, "2026-05")).startswith("The practice has no agreement")
    assert await explanation(practice, "2027/28") == (
        "No one version covers all of this period: the scheme's apply from 2026-04-01 until 2027-04-01,"
        " the last day not included."
    )
