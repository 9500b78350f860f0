"""Two at once: on a committed database, since a lock shows only between transactions."""

import asyncio

from tests.factories.schemes_over_http import SIGNATORY, a_fact, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary


async def test_the_same_facts_sent_eight_times_at_once_are_recorded_once(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    body = {"facts": [a_fact(practice, f"f{number}") for number in range(20)]}
    answers = await asyncio.gather(*(manager.post(f"{path}/facts", json=body) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert sum(answer.json()["created"] for answer in answers) == 20
    assert len((await manager.get(f"{path}/facts")).json()["data"]) == 20


async def test_of_an_acceptance_and_a_refusal_at_once_one_stands(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    made = await manager.post(f"{path}/offers", json={"practices": [practice], "respond_by": "2026-12-31"})
    offer = f"/v1/offers/{made.json()['offers'][0]['id']}"
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    answers = await asyncio.gather(
        lead.post(f"{offer}/accept", json={"signatory": SIGNATORY}),
        lead.post(f"{offer}/decline", json={"reason": "No."}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    stands = next(answer.json()["state"] for answer in answers if answer.status_code == 200)
    assert (await lead.get(offer)).json()["state"] == stands


async def test_versions_added_at_once_are_numbered_in_turn(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    first = (await manager.get(f"{path}/versions/1")).json()
    body = {"applies": first["applies"], "definition": first["definition"], "reason": "Again."}
    answers = await asyncio.gather(*(manager.post(f"{path}/versions", json=body) for _ in range(4)))
    assert sorted(answer.json()["n"] for answer in answers) == [2, 3, 4, 5]


async def test_of_two_publications_at_once_one_is_refused(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    first = (await manager.get(f"{path}/versions/1")).json()
    body = {"applies": first["applies"], "definition": first["definition"], "reason": "Again."}
    await manager.post(f"{path}/versions", json=body)
    publish = [manager.post(f"{path}/versions/2/publish", headers={"If-Match": "*"}) for _ in range(2)]
    answers = await asyncio.gather(*publish)
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_sign_ups_of_the_same_practices_in_opposite_orders_do_not_wait_for_each_other(
    shared: LivePlenary,
) -> None:
    tenant, practices = await a_tenant(shared, *"123456")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    orders = [practices, practices[::-1]] * 12
    # Of different days, so that each of them changes every row.
    answers = await asyncio.gather(
        *(sign_up(manager, path, *order, signed_on=f"2026-04-{day:02}") for day, order in enumerate(orders, start=1))
    )
    assert {answer.status_code for answer in answers} == {201}
